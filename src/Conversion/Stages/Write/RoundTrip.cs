using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Stages.Enrich;
using Transfuse.Conversion.Stages.Fit.Mapping;
using Transfuse.Conversion.Verification;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Stages.Write;

/// <summary>Reads what is about to be written, as a stranger would, and compares its deltas with the source's in double precision.</summary>
internal static class RoundTrip
{
    /// <summary>Compares, and adds an error for each module that the output would change otherwise.</summary>
    /// <param name="source">What was read.</param>
    /// <param name="target">The reader that it is for.</param>
    /// <param name="output">What is about to be written.</param>
    /// <param name="checks">What else looks at the two.</param>
    /// <param name="run">The run.</param>
    /// <returns>The comparison, or <see langword="null"/> with an error where the output cannot be read back.</returns>
    public static AdapterComparison? Check(Adapter source, TargetProfile target, OutputFolder output, ImmutableArray<IPipelineCheck> checks, Run run)
    {
        using var container = new OutputContainer(output);
        var content = new AdapterContent(new WrittenSource(output), "output", output.WeightsFile, container, output.Config);
        Judged<(Adapter? Source, Adapter? Written)> both = run.Judge(quiet => (MapLayout.InMlx(source, target, quiet), ReadBack(content, target, quiet)));
        if (both is not { Value: ({ } left, { } right), HasErrors: false })
        {
            run.Log.Add(TargetCodes.RoundTripFailed.At(
                "output", $"could not be read back: {both.Findings.FirstOrDefault()?.ToString() ?? "no finding says why"}"));
            return null;
        }

        AdapterComparison comparison = AdapterComparer.Compare(left, right, run.ComparisonOptions, run.CancellationToken);
        foreach (ModuleComparison module in comparison.Modules.Where(module => !module.Agrees(AdapterComparison.RoundingTo(run.Options.DType))))
        {
            run.Log.Add(TargetCodes.RoundTripFailed.At(module.Path, Problem(module)));
        }

        if (comparison.Roots is { } roots)
        {
            run.Log.Add(TargetCodes.RoundTripFailed.At("output", $"has its layers at {roots.Second}, the source at {roots.First}"));
        }

        foreach (IPipelineCheck check in checks)
        {
            check.Run(left, right, run.Log, run.CancellationToken);
        }

        return comparison;
    }

    private static Adapter? ReadBack(AdapterContent content, TargetProfile target, Run run)
    {
        Adapter? written = run.Dialects.Of(target.Dialect).Read(content, ReadOptions.Nothing with { BaseLayers = run.BaseLayers }, run.Log)?.Complete(run.Log);
        return written is null ? null : MapLayout.InMlx(written, target, run);
    }

    private static string Problem(ModuleComparison module) => module switch
    {
        { Mismatch: { } mismatch } => mismatch,
        { Presence: ModulePresence.OnlyFirst } => "is only in the source",
        { Presence: ModulePresence.OnlySecond } => "is only in the output",
        _ => FormattableString.Invariant($"would change by a relative error of {Math.Max(module.RelativeError, module.MagnitudeError):G3}"),
    };
}
