using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Stages;
using Transfuse.Conversion.Stages.Enrich;
using Transfuse.Conversion.Stages.Fit;
using Transfuse.Conversion.Stages.Fit.Targets;
using Transfuse.Conversion.Stages.Read;
using Transfuse.Conversion.Stages.Write;
using Transfuse.Conversion.Verification;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Apply.Saving;

/// <summary>Writes an adapter that is in memory: the stages Fit, Enrich and Write of a conversion, with the same checks.</summary>
internal static class AdapterWriter
{
    /// <summary>Writes, unless an error finding stands in the way.</summary>
    /// <param name="adapter">The adapter, in MLX's layout. Of a config that it came with nothing is carried on.</param>
    /// <param name="folder">The folder that is to appear.</param>
    /// <param name="options">What the caller decides.</param>
    /// <param name="log">Holds what was found while the adapter was read.</param>
    /// <param name="cancellationToken">Ends the work; nothing is written.</param>
    /// <exception cref="IOException">The operating system failed; nothing was written.</exception>
    public static ConversionResult Write(Adapter adapter, string folder, SaveOptions options, FindingLog log, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        try
        {
            return Write(Chosen(adapter, options, log), folder, options, new Run(options.Conversion, log, cancellationToken));
        }
        catch (ContainerException broken)
        {
            // Values are read where they are needed: damage in the files that the adapter came from shows only then.
            log.Add(DamagedFile.Describe(broken));
            return new ConversionResult(log.ToSorted(), adapter, null, false);
        }
    }

    private static ConversionResult Write(Adapter adapter, string folder, SaveOptions options, Run run)
    {
        FindingLog log = run.Log;
        TargetProfile target = options.Target;
        var source = new MemoryAdapterSource("adapter", ImmutableDictionary<string, ReadOnlyMemory<byte>>.Empty);
        var content = new AdapterContent(source, source.Name, AdapterFiles.MlxWeights, new NoTensors(), null);
        using var read = new ReadResult(adapter, run.Dialects.Of(AdapterDialect.Mlx), content);
        Adapter? fitted = log.HasErrors ? null : adapter.Modules.IsEmpty ? adapter : FitTarget.Apply(read, target, run);
        OutputFolder? output = fitted is null || log.HasErrors ? null
            : adapter.Modules.IsEmpty ? FullFineTune.Lay(adapter, target)
            : run.Dialects.Of(target.Dialect).Write(fitted, EnrichStage.ContextOf(fitted, target, read.Dialect.Id == target.Dialect, run), log);
        if (output is not null && !log.HasErrors)
        {
            WrittenCheck.Run(output, target, run);
        }

        bool compares = run.Options.Verify && output is not null && !log.HasErrors && !adapter.Modules.IsEmpty;
        AdapterComparison? comparison = compares ? Transfuse.Conversion.Stages.Write.RoundTrip.Check(adapter, target, output!, [], run) : null;
        bool isWritten = output is not null && !log.HasErrors && !run.Options.DryRun && Put(output, read, folder, options, run);
        return new ConversionResult(log.ToSorted(), adapter, log.HasErrors ? null : fitted, isWritten) { Comparison = comparison };
    }

    private static bool Put(OutputFolder output, ReadResult read, string folder, SaveOptions options, Run run)
    {
        using IAdapterSink sink = AdapterSink.Folder(folder, options.Place);
        return WriteFolder.Write(output, run.Dialects.Of(options.Target.Dialect), read.Content, sink, read, run);
    }

    // What is saved is what the caller means to save: nothing goes along, and nothing stays behind, without a word.
    private static Adapter Chosen(Adapter adapter, SaveOptions options, FindingLog log)
    {
        MlxTopology listed = options.Modules ?? MlxTopology.Read(options.Config[MlxTopology.Field]);
        HashSet<string> present = [.. adapter.Modules.Select(module => module.Path.Text)];
        foreach (string missing in listed.Paths.Where(path => !present.Contains(path)))
        {
            log.Add(MlxConfigCodes.ListedModuleMissing.At(missing, "is listed, and the model has no whole adapter layer there"));
        }

        string[] left = [.. present.Where(path => !listed.Counts(path)).Order(StringComparer.Ordinal)];
        if (left.Length > 0)
        {
            log.Add(ApplyCodes.LayersLeft.At(left, $"is an adapter's layer and not among the {listed.Paths.Length} listed modules"));
        }

        ImmutableArray<AdapterModule> modules = [.. adapter.Modules.Where(module => listed.Counts(module.Path.Text))];
        ImmutableArray<OtherTensor> unfrozen = Unfrozen(adapter, options, log);
        if (modules.IsEmpty && !log.HasErrors)
        {
            RequireFull(unfrozen, options, log);
        }

        return adapter with
        {
            Modules = modules,
            OtherTensors = unfrozen,
            SourceConfig = FiniteFields.Clear(options.Config, log),
            Base = adapter.Base ?? BaseOf(options.Config),
        };
    }

    private static ImmutableArray<OtherTensor> Unfrozen(Adapter adapter, SaveOptions options, FindingLog log)
    {
        // What PEFT alone has a place for, such as rows of tokens, no reader of MLX loads.
        ILookup<bool, OtherTensor> all = adapter.OtherTensors.Where(tensor => tensor.Kind != OtherTensorKind.TrainingState)
            .ToLookup(tensor => tensor.Kind == OtherTensorKind.WholeModule && tensor.SourceName == tensor.Path);
        TargetKinds.RefuseOtherTensors([.. all[false]], options.Target, log);
        string[] names = [.. all[true].Select(tensor => tensor.SourceName).Order(StringComparer.Ordinal)];
        if (names.Length > 0 && !log.HasErrors)
        {
            switch (options.Unfrozen)
            {
                case UnfrozenWeights.Refuse:
                    log.Add(ApplyCodes.Unfrozen.At(names, adapter.Modules.IsEmpty
                        ? "was trained, and the model has no adapter layer; UnfrozenWeights.Save saves it as a full fine-tune"
                        : "was trained beside the adapter; UnfrozenWeights.Save saves it too, Leave leaves it out"));
                    break;
                case UnfrozenWeights.Leave:
                    log.Add(ApplyCodes.UnfrozenLeft.At(names, "was trained and is not saved"));
                    break;
            }
        }

        return options.Unfrozen == UnfrozenWeights.Save ? [.. all[true]] : [];
    }

    private static void RequireFull(ImmutableArray<OtherTensor> unfrozen, SaveOptions options, FindingLog log)
    {
        if (unfrozen.IsEmpty)
        {
            log.Add(TensorCodes.NoModules.At("the model", "has no adapter layer and no trained weight to save"));
        }
        else if (options.Target.Dialect != AdapterDialect.Mlx)
        {
            log.Add(MlxConfigCodes.FullFineTune.At(
                "the model", $"has {unfrozen.Length} trained weights and no adapter layer; {options.Target.Name} has no folder for that"));
        }
    }

    private static BaseModelReference? BaseOf(JsonObject config) =>
        (config["model"] ?? config["base_model_name_or_path"]) is JsonString { Value.Length: > 0 } id ? new BaseModelReference(id.Value, null) : null;

    private sealed class NoTensors : ITensorContainer
    {
        public ImmutableArray<NamedTensor> Tensors => [];

        public IReadOnlyDictionary<string, string>? Metadata => null;

        public void Dispose()
        {
        }
    }
}
