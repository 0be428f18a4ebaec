using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Stages.Mapping;
using Transfuse.Conversion.Verification;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion.Stages;

/// <summary>Reads what is about to be written, as a stranger would, and compares its deltas with the source's in double precision.</summary>
internal static class RoundTrip
{
    // A fold of a scale rounds each value of B once, to float32.
    private const double Tolerance = 1e-6;

    /// <summary>Adds an error for each module that the output would change otherwise.</summary>
    public static void Check(Adapter source, OutputFolder output, StageContext context)
    {
        var log = new FindingLog(context.Options.Allowed);
        StageContext quiet = context with { Log = log };
        using var container = new OutputContainer(output.Tensors, output.Metadata);
        var content = new AdapterContent("output", output.WeightsFile, container, output.Config);
        Adapter? written = Dialects.Dialects.Of(context.Profile.Dialect).Read(content, new ReadOptions(ReadPurpose.Carry, new MlxGiven()), log);
        Adapter? left = InMlx(source, quiet);
        Adapter? right = written is null ? null : InMlx(written, quiet);
        if (left is null || right is null || log.HasErrors)
        {
            context.Log.Add(TargetCodes.RoundTripFailed.At("output", $"could not be read back: {log.ToSorted().FirstOrDefault()?.ToString() ?? "no finding says why"}"));
            return;
        }

        foreach (ModuleComparison module in AdapterComparer.Compare(left, right, context.CancellationToken).Modules.Where(module => !module.Agrees(Tolerance)))
        {
            context.Log.Add(TargetCodes.RoundTripFailed.At(module.Path, module.Mismatch ?? $"would change by a relative error of {module.RelativeError:G3}"));
        }
    }

    private static Adapter? InMlx(Adapter adapter, StageContext context) => adapter.Layout == ModelLayout.Mlx ? adapter : MapLayout.ToMlx(adapter, context);

    private sealed class OutputContainer(ImmutableArray<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata) : ITensorContainer
    {
        public ImmutableArray<NamedTensor> Tensors { get; } = [.. tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal)];

        public IReadOnlyDictionary<string, string>? Metadata => metadata;

        public void Dispose()
        {
        }
    }
}
