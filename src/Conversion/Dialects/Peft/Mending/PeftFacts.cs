using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Configs;

namespace Transfuse.Conversion.Dialects.Peft.Mending;

/// <summary>What the tensors of a PEFT file tell before its config is read.</summary>
internal sealed class PeftFacts
{
    public PeftFacts(PeftTensors tensors, JsonObject config)
    {
        Tensors = tensors;
        JsonFields.ReadStrings(config["target_parameters"], out ImmutableArray<string> parameters);
        var qualified = new PeftParameterIndex(parameters);
        PlainRanks =
        [
            .. tensors.Modules
                .Where(module => module.Nesting == 0 && module.A is not null && !PeftParameterTargets.IsExperts(module.Path))
                .Where(module => qualified.Of(module.Path, withBare: false).All(parameter => parameter == "weight"))
                .Select(module => module.A!.Shape.Rank > 0 ? module.A.Shape[0] : 0).Where(rank => rank is > 0 and <= int.MaxValue).Select(rank => (int)rank),
        ];
    }

    /// <summary>The tensors, sorted.</summary>
    public PeftTensors Tensors { get; }

    /// <summary>The ranks of modules whose tensors show them: all but packed experts.</summary>
    public ImmutableArray<int> PlainRanks { get; }

    /// <summary>The most frequent of <see cref="PlainRanks"/>, the smaller of equally frequent ones; <see langword="null"/> where there is none.</summary>
    public int? CommonRank =>
        PlainRanks.IsEmpty ? null : PlainRanks.CountBy(rank => rank).OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key).First().Key;

    /// <summary>How many modules have a magnitude.</summary>
    public int Magnitudes => Tensors.Modules.Count(module => module.Magnitude is not null);

    /// <summary>Whether the file has tensors of a kind.</summary>
    public bool Has(OtherTensorKind kind) => Tensors.Others.Any(tensor => tensor.Kind == kind);

    /// <summary>Whether every module has the two plain factors of LoRA, and nothing belongs to another method.</summary>
    public bool IsLora => Tensors.Modules.Length > 0 && Tensors.Modules.All(module => module is { A: not null, B: not null }) && !Has(OtherTensorKind.Unknown);
}
