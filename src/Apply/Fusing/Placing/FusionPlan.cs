using System.Collections.Immutable;
using Transfuse.Apply.Fusing.Models;
using Transfuse.Apply.Fusing.Stages;
using Transfuse.Apply.Quantization;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Apply.Fusing.Placing;

/// <summary>What becomes of every weight of the base: those that are not here are copied.</summary>
internal sealed class FusionPlan
{
    /// <summary>The weights that are changed, by their names in the output.</summary>
    public required ImmutableSortedDictionary<string, PlannedWeight> Weights { get; init; }

    /// <summary>Whether the head became a weight of its own.</summary>
    public bool IsUntied { get; init; }

    /// <summary>The number of tokens, where it is another than the base's.</summary>
    public long? Tokens { get; init; }

    /// <summary>The plan, or <see langword="null"/> with an error in the log.</summary>
    /// <param name="folder">The base.</param>
    /// <param name="lookup">Its names.</param>
    /// <param name="tied">Its embedding and head.</param>
    /// <param name="adapters">The changes of each adapter, in order.</param>
    /// <param name="options">What the caller decided.</param>
    /// <param name="log">Receives findings.</param>
    public static FusionPlan? Make(
        ModelFolder folder, WeightLookup lookup, TiedWeights tied, IReadOnlyList<ImmutableArray<PlacedStage>> adapters, FusionOptions options, FindingLog log)
    {
        Dictionary<string, List<WeightStage>> stages = Gather(adapters, options.Strength);
        List<WeightStage> embedding = tied.Embedding is null ? [] : stages.GetValueOrDefault(tied.Embedding, []);
        List<WeightStage> head = tied.Head is null ? [] : stages.GetValueOrDefault(tied.Head, []);
        bool differs = tied.IsTied && !embedding.SequenceEqual(head);
        if (differs && !tied.CanUntie)
        {
            log.Add(
                FusionCodes.CannotUntie.At(
                    tied.Embedding!,
                    embedding.Count > 0 ? "is changed otherwise than the head, which is the same weight" : "is also the head, which alone is changed"));
            return null;
        }

        if (tied is { IsTied: true, Head: not null })
        {
            // A head that the files hold beside the embedding stays equal to it, or becomes its own.
            bool isStored = folder.Find(tied.Head) is not null;
            stages.Remove(tied.Head);
            if (differs || (isStored && embedding.Count > 0))
            {
                stages[tied.Head] = head;
            }
        }

        var weights = ImmutableSortedDictionary.CreateBuilder<string, PlannedWeight>(StringComparer.Ordinal);
        foreach ((string name, List<WeightStage> list) in stages)
        {
            if (Plan(name, tied.SourceOf(name), Join(list), folder, lookup, options, log) is { } weight)
            {
                weights[name] = weight;
            }
        }

        foreach (string name in options.Dequantize ? folder.Names.Where(name => lookup.IsQuantizedWeight(name) && !stages.ContainsKey(name)) : [])
        {
            if (Plan(name, name, [], folder, lookup, options, log) is { } weight)
            {
                weights[name] = weight;
            }
        }

        if (differs)
        {
            log.Add(
                FusionCodes.Untied.At(tied.Head!, $"has {(head.Count == 0 ? "the embedding's old values" : "values of its own")}; {tied.Field} is false now"));
        }

        long? tokens = log.HasErrors ? null : new Vocabulary(folder, lookup, tied).Check(weights.ToImmutable(), differs, log);
        return log.HasErrors ? null : new FusionPlan { Weights = weights.ToImmutable(), IsUntied = differs, Tokens = tokens };
    }

    private static Dictionary<string, List<WeightStage>> Gather(IReadOnlyList<ImmutableArray<PlacedStage>> adapters, double strength)
    {
        var stages = new Dictionary<string, List<WeightStage>>(StringComparer.Ordinal);
        var scaled = new Dictionary<WeightStage, WeightStage>(ReferenceEqualityComparer.Instance);
        foreach (PlacedStage placed in adapters.SelectMany(adapter => adapter))
        {
            if (!scaled.TryGetValue(placed.Stage, out WeightStage? stage))
            {
                scaled.Add(placed.Stage, stage = Strengthen(placed.Stage, strength));
            }

            (stages.TryGetValue(placed.Weight, out List<WeightStage>? list) ? list : stages[placed.Weight] = []).Add(stage);
        }

        return stages;
    }

    private static WeightStage Strengthen(WeightStage stage, double strength) => stage switch
    {
        _ when strength == 1 => stage,
        ProductStage product => new ProductStage([.. product.Parts.Select(part => part with { Scale = part.Scale * strength })]),
        AddStage add => add.Times(strength),
        _ => new BlendStage(stage, strength),
    };

    // Products that follow one another are one sum, rounded once.
    private static ImmutableArray<WeightStage> Join(List<WeightStage> stages)
    {
        var joined = new List<WeightStage>();
        foreach (WeightStage stage in stages)
        {
            if (stage is ProductStage next && joined is [.., ProductStage last])
            {
                joined[^1] = new ProductStage([.. last.Parts, .. next.Parts]);
            }
            else
            {
                joined.Add(stage);
            }
        }

        return [.. joined];
    }

    private static PlannedWeight? Plan(
        string name, string source, ImmutableArray<WeightStage> stages, ModelFolder folder, WeightLookup lookup, FusionOptions options, FindingLog log)
    {
        LazyTensor tensor = folder.Find(source)!;
        QuantizedWeight? quantized = lookup.Quantized(source, out string problem);
        if (quantized is null && (problem.Length > 0 || tensor.DType is not (DType.F32 or DType.F16 or DType.BF16)))
        {
            log.Add(FusionCodes.WeightForm.At(source, problem.Length > 0 ? problem : $"is {tensor.DType.SafetensorsName()} {tensor.Shape}"));
            return null;
        }

        bool isResized = lookup.IsResized(source);
        return new PlannedWeight
        {
            Name = name,
            Source = source,
            Stages = isResized ? Vocabulary.FromLastReplacement(stages) : stages,
            Shape = lookup.ShapeOf(source),
            Rows = isResized ? (int)lookup.ShapeOf(source)[0] : null,
            Quantized = quantized,
            Floats = quantized is null ? tensor : null,
            StaysQuantized = quantized is not null && !options.Dequantize,
        };
    }
}
