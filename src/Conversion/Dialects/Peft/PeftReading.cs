using System.Collections.Immutable;
using Transfuse.Conversion.Dialects.Peft.Methods;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>
/// Reads PEFT adapters. The file's tensors are the truth about what is adapted; the config gives ranks, alphas and what changes their meaning.
/// </summary>
/// <param name="content">The opened files.</param>
/// <param name="config">Their config.</param>
/// <param name="options">What is known beside them.</param>
/// <param name="methods">The methods other than LoRA that are known.</param>
internal sealed class PeftReading(AdapterContent content, PeftConfig config, ReadOptions options, PeftMethods methods) : DialectReading
{
    private PeftTensors _tensors = new([], []);
    private ImmutableArray<PeftPatternVerdict> _verdicts = [];

    public override int Modules => _tensors.Modules.Length;

    public override bool IsLowRank => config.IsLora || methods.Converts(config.PeftType);

    public override IEnumerable<Finding> Obstacles => config.IsLora ? PeftMaths.Of(config) : [];

    public override IEnumerable<Finding> Surroundings => config.IsLora && ResidualCopy.Find(content, config) is { } copy ? [copy] : [];

    public override IEnumerable<Finding> Doubts => PeftPatternResolver.Report(_verdicts, config);

    public override IEnumerable<Finding> Unasked(MlxGiven given) =>
        from answer in new[] { ("--scale", given.Scale is not null), ("--dropout", given.Dropout is not null), ("--producer", given.Producer is not null) }
        where answer.Item2
        select Unasked(config.FileName, answer.Item1);

    /// <summary>The finding for an option that only MLX configs leave a question for.</summary>
    public static Finding Unasked(string configFile, string option) =>
        ConfigCodes.AnswerUnasked.At(configFile, $"is PEFT's, which says itself what {option} would answer for an MLX config");

    public override bool RemapKeys(FindingLog log)
    {
        if (!config.IsLora)
        {
            return true;
        }

        PeftTensors tensors = PeftTensorSorter.Sort(PeftFileNames.Read(content.Weights.Tensors, options.Base).Into(log)).Into(log);
        _tensors = tensors with { Others = PeftOtherTensors.Refine(tensors.Others, config) };
        if (!_tensors.Modules.IsEmpty || _tensors.Others.Any(IsTrained))
        {
            return true;
        }

        log.Add(TensorCodes.NoModules.At(
            Path.Combine(content.Name, content.WeightsFile),
            $"none of its {content.Weights.Tensors.Length} tensors is a lora_A or "
            + $"lora_B{(_tensors.Others is [var other, ..] ? $"; it has {other.SourceName}" : string.Empty)}"));
        return false;
    }

    public override Adapter? Infer(FindingLog log)
    {
        if (!config.IsLora)
        {
            return Frame with { OtherTensors = [
                .. content.Weights.Tensors.Select(tensor => new OtherTensor(OtherTensorKind.MethodParameter, tensor.Name, tensor.Name, tensor.Tensor))] };
        }

        (ImmutableArray<AdapterModule> modules, _verdicts) = new PeftModuleReader(config, log).Read(_tensors.Modules);
        modules = CheckDora(modules, log);
        TurnedFactors.Report(modules, module => config.Rank, log);
        return Frame with { Modules = modules, OtherTensors = _tensors.Others };
    }

    public override IEnumerable<Finding> Lacks(bool stays) => config.IsLora ? PeftPromises.Of(config, _tensors.Others, stays) : [];

    public override Adapter? AsLora(Adapter adapter, MethodOptions options, FindingLog log) =>
        config.IsLora ? adapter : methods.Read(Frame, content, config, options, log);

    private Adapter Frame => new()
    {
        Layout = ModelLayout.HuggingFace,
        Modules = [],
        Base = config.BaseModel is null ? null : new BaseModelReference(config.BaseModel, config.Revision),
        TiesEmbeddings = config.Variants.EnsureWeightTying,
        TaskType = config.TaskType,
        WriterVersion = config.Version?.Text,
        Method = config.PeftType,
        SourceConfig = content.Config!,
    };

    // PEFT gives a DoRA module without magnitude in the file the norms of the base, and ignores magnitudes where the config has no use_dora.
    private ImmutableArray<AdapterModule> CheckDora(ImmutableArray<AdapterModule> modules, FindingLog log)
    {
        int with = modules.Count(module => module.Magnitude is not null);
        if (config.Variants.UseDora && with < modules.Length)
        {
            log.Add(TensorCodes.MagnitudesMissing.At(
                config.FileName, $"use_dora is true, but {modules.Length - with} of {modules.Length} modules have no magnitude"));
        }
        else if (!config.Variants.UseDora && with > 0
            && log.Add(TensorCodes.MagnitudesIgnored.At(config.FileName, $"use_dora is not set, so PEFT ignores the magnitudes of {with} modules")))
        {
            return [.. modules.Select(module => module with { Magnitude = null })];
        }

        return modules;
    }

    // A file without a factor is an adapter only where the config says what else was trained.
    private bool IsTrained(OtherTensor tensor) => tensor.Kind switch
    {
        OtherTensorKind.TokenRows => true,
        OtherTensorKind.WholeModule => config.ModulesToSave.Any(item => tensor.Path.Contains(item, StringComparison.Ordinal)),
        OtherTensorKind.BaseBias => config.Bias != "none",
        _ => false,
    };
}
