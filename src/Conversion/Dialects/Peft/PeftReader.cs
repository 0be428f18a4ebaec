using System.Collections.Immutable;
using Transfuse.Conversion.Dialects.Peft.Methods;
using Transfuse.Conversion.Sources;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>Reads PEFT adapters. The file's tensors are the truth about what is adapted; the config gives ranks, alphas and what changes their meaning.</summary>
internal static class PeftReader
{
    public static Adapter? Read(AdapterContent content, ReadOptions options, FindingLog log)
    {
        string configFile = Path.Combine(content.Name, AdapterFiles.Config);
        if (content.Config is null)
        {
            log.Add(ContainerCodes.ConfigMissing.At(content.Name, $"has {content.WeightsFile} but no {AdapterFiles.Config}{(content.Source.FileNames.Contains(AdapterFiles.Config) ? " of PEFT" : string.Empty)}, and no tensor tells alpha"));
            return null;
        }

        RefuseAnswers(options, configFile, log);
        PeftConfig config = PeftConfig.Parse(content.Config, configFile).Into(log);
        PeftMissingFields.Report(config, log);
        MlxBaseId.Report(config.BaseModel, new ConfigPlace(configFile, "base_model_name_or_path"), log);
        if (log.HasErrors)
        {
            return null;
        }

        if (EmptyPartitions.Report(content, log))
        {
            return null;
        }

        Adapter frame = Frame(content, config);
        if (!config.IsLora)
        {
            return ReadOtherMethod(frame, content, config, options, log);
        }

        // Within PEFT the settings stay with the tensors, so that there they are no obstacle.
        if (options.Purpose is ReadPurpose.Convert or ReadPurpose.Fuse or ReadPurpose.Inspect)
        {
            log.AddRange(PeftMaths.Of(config));
        }

        if (log.HasErrors && options.Purpose is (ReadPurpose.Convert or ReadPurpose.Fuse))
        {
            return null;
        }

        if (options.Purpose != ReadPurpose.Compare)
        {
            ResidualCopy.Report(content, config, log);
        }

        PeftTensors tensors = PeftTensorSorter.Sort(PeftFileNames.Read(content.Weights.Tensors, options.Methods.Base).Into(log)).Into(log);
        ImmutableArray<OtherTensor> others = PeftOtherTensors.Refine(tensors.Others, config);
        ImmutableArray<AdapterModule> modules = new PeftModuleReader(config, options.Purpose, log).Read(tensors.Modules);
        if (tensors.Modules.IsEmpty && !others.Any(tensor => IsTrained(tensor, config)))
        {
            log.Add(TensorCodes.NoModules.At(
                Path.Combine(content.Name, content.WeightsFile), $"none of its {content.Weights.Tensors.Length} tensors is a lora_A or lora_B{(others.IsEmpty ? string.Empty : $"; it has {others[0].SourceName}")}"));
            return null;
        }

        modules = CheckDora(config, modules, configFile, log);
        TurnedFactors.Report(modules, module => config.Rank, log);
        if (options.Purpose is ReadPurpose.Carry or ReadPurpose.Convert or ReadPurpose.Fuse)
        {
            PeftPromises.Report(config, others, options.Purpose != ReadPurpose.Convert, log);
        }

        return frame with { Modules = modules, OtherTensors = others };
    }

    // A repair writes them into the config; elsewhere they would be ignored, which nobody who gives them expects.
    private static void RefuseAnswers(ReadOptions options, string configFile, FindingLog log)
    {
        if (options.Purpose is not (ReadPurpose.Carry or ReadPurpose.Convert or ReadPurpose.Fuse))
        {
            return;
        }

        foreach ((string option, bool isGiven) in new[]
        {
            ("--scale", options.Given.Scale is not null), ("--dropout", options.Given.Dropout is not null), ("--producer", options.Given.Producer is not null),
        })
        {
            if (isGiven)
            {
                log.Add(Unasked(configFile, option));
            }
        }
    }

    /// <summary>The finding for an option that only MLX configs leave a question for.</summary>
    public static Finding Unasked(string configFile, string option) =>
        ConfigCodes.AnswerUnasked.At(configFile, $"is PEFT's, which says itself what {option} would answer for an MLX config");

    private static Adapter Frame(AdapterContent content, PeftConfig config) => new()
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

    private static Adapter? ReadOtherMethod(Adapter frame, AdapterContent content, PeftConfig config, ReadOptions options, FindingLog log)
    {
        // IA3's factors multiply the weights of the base, which a merge has.
        bool becomesLora = options.Purpose switch
        {
            ReadPurpose.Convert => true,
            ReadPurpose.Fuse => config.PeftType != PeftTypes.Ia3,
            ReadPurpose.Compare => PeftMethods.Converts(config.PeftType),
            _ => false,
        };
        if (becomesLora)
        {
            return PeftMethods.Read(frame, content, config, options.Methods, log);
        }

        return frame with
        {
            OtherTensors = [.. content.Weights.Tensors.Select(tensor => new OtherTensor(OtherTensorKind.MethodParameter, tensor.Name, tensor.Name, tensor.Tensor))],
        };
    }

    // PEFT gives a DoRA module without magnitude in the file the norms of the base, and ignores magnitudes where the config has no use_dora.
    private static ImmutableArray<AdapterModule> CheckDora(PeftConfig config, ImmutableArray<AdapterModule> modules, string configFile, FindingLog log)
    {
        int with = modules.Count(module => module.Magnitude is not null);
        if (config.Variants.UseDora && with < modules.Length)
        {
            log.Add(TensorCodes.MagnitudesMissing.At(configFile, $"use_dora is true, but {modules.Length - with} of {modules.Length} modules have no magnitude"));
        }
        else if (!config.Variants.UseDora && with > 0
            && log.Add(TensorCodes.MagnitudesIgnored.At(configFile, $"use_dora is not set, so PEFT ignores the magnitudes of {with} modules")))
        {
            return [.. modules.Select(module => module with { Magnitude = null })];
        }

        return modules;
    }

    // A file without a factor is an adapter only where the config says what else was trained.
    private static bool IsTrained(OtherTensor tensor, PeftConfig config) => tensor.Kind switch
    {
        OtherTensorKind.TokenRows => true,
        OtherTensorKind.WholeModule => config.ModulesToSave.Any(item => tensor.Path.Contains(item, StringComparison.Ordinal)),
        OtherTensorKind.BaseBias => config.Bias != "none",
        _ => false,
    };
}
