using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Formats.Work;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>PEFT's methods other than LoRA: those that are low-rank products become LoRA, the others are refused by name.</summary>
/// <param name="Readers">The methods that are converted.</param>
internal sealed record PeftMethods(ImmutableArray<MethodReader> Readers)
{
    /// <summary>All that there are.</summary>
    public static PeftMethods Default { get; } = new(
    [
        new AdaLoraReader(), new DeloraReader(), new GraloraReader(), new LohaReader(), new LokrReader(), new MissReader(), new VbloraReader(),
        new VeraReader("PVERA", 2), new VeraReader("VERA", 1),
    ]);

    /// <summary>Whether adapters of a method become LoRA.</summary>
    public bool Converts(string peftType) => Readers.Any(reader => reader.PeftType == peftType);

    /// <summary>Whether a tensor's name is that of a part of a method.</summary>
    public bool HasPart(string name) => Readers.Any(reader => reader.Parts.Any(part => TensorNames.HasSegment(name, part)));

    /// <summary>The adapter as LoRA, or <see langword="null"/> with an error in the log.</summary>
    /// <param name="frame">What was read of the config so far.</param>
    /// <param name="content">The opened files.</param>
    /// <param name="config">The config.</param>
    /// <param name="options">What the caller decides.</param>
    /// <param name="log">Takes findings.</param>
    public Adapter? Read(Adapter frame, AdapterContent content, PeftConfig config, MethodOptions options, FindingLog log)
    {
        if (Readers.FirstOrDefault(reader => reader.PeftType == config.PeftType) is not { } reader)
        {
            Refuse(config, log);
            return null;
        }

        var settings = new MethodSettings(config, log);
        PeftConfig whole = WithSaved(config, settings.Fields);
        (ImmutableArray<MethodParts> parts, MethodParts shared, ImmutableArray<OtherTensor> others) =
            new MethodTensorSorter(reader, log).Sort(content.Weights.Tensors);
        MethodModule[] modules = [.. reader.Read(new MethodInput(whole, settings, parts, shared, options, log))];
        double dropout = Dropout(reader, settings.Fields);
        if (log.HasErrors)
        {
            return null;
        }

        ImmutableArray<AdapterModule> converted = Convert(modules, dropout, options, log);
        if (modules.Length == 0 && others.IsEmpty)
        {
            log.Add(TensorCodes.NoModules.At(content.Name, $"none of its {content.Weights.Tensors.Length} tensors is one of {config.PeftType}"));
        }

        if (log.HasErrors)
        {
            return null;
        }

        if (!converted.IsEmpty)
        {
            string ranks = string.Join(", ", converted.Select(module => module.Rank).Distinct().Order());
            log.Add(MethodCodes.Converted.At(content.Name, $"{config.PeftType}: {converted.Length} modules became LoRA of rank {ranks}"));
        }

        return frame with
        {
            Modules = converted,
            OtherTensors = PeftOtherTensors.Refine(others, whole),
            Method = PeftTypes.Lora,
            SourceConfig = new JsonObject(config.Source.Members.Where(field => !reader.UsedFields.Contains(field.Key) && field.Key != reader.DropoutField)),
        };
    }

    private static void Refuse(PeftConfig config, FindingLog log)
    {
        RefusedMethod? method = RefusedMethods.Find(config.PeftType);
        log.Add(method is null
            ? TargetCodes.MethodUnsupported.At(config.FileName, $"peft_type is {config.PeftType}")
            : method.Code.At(config.FileName, $"{method.PeftType} {method.Reason}"));
    }

    private static PeftConfig WithSaved(PeftConfig config, ConfigFields fields)
    {
        fields.ReadStrings("modules_to_save", out ImmutableArray<string> saved, nullable: true);
        bool biases = fields.ReadString("bias", out string bias, nullable: true).HasValue();
        return config with { ModulesToSave = saved, Bias = biases ? bias : "none" };
    }

    private static double Dropout(MethodReader reader, ConfigFields fields) =>
        reader.DropoutField is { } name && fields.ReadNumber(name, out double dropout, nullable: true).HasValue() && dropout is > 0 and <= 1 ? dropout : 0;

    private static ImmutableArray<AdapterModule> Convert(MethodModule[] modules, double dropout, MethodOptions options, FindingLog log)
    {
        var range = new ProductRange(options.CancellationToken);
        var results = new (AdapterModule? Module, Finding? Finding)[modules.Length];
        for (int i = 0; i < modules.Length; i++)
        {
            results[i].Finding = range.Check(modules[i]);
        }

        // Truncation is what takes time.
        var limit = new RankLimit(options);
        ParallelWork.Run(
            modules.Length, options.MaxDegreeOfParallelism, i =>
                results[i] = results[i].Finding is null ? limit.Apply(modules[i], dropout) : results[i], options.CancellationToken);

        foreach (Finding finding in results.Select(result => result.Finding).OfType<Finding>())
        {
            log.Add(finding);
        }

        return [.. results.Select(result => result.Module).OfType<AdapterModule>().OrderBy(module => module.Path)];
    }
}
