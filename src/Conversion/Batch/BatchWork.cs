using System.Collections.Immutable;
using Transfuse.Conversion.Batch.Outputs;
using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Batch;

/// <summary>The verbs as work for <see cref="AdapterBatch.Run"/>. The verb's own result is the outcome's <see cref="BatchOutcome.Detail"/>.</summary>
/// <example>
/// <code>
/// IReadOnlyList&lt;BatchInput&gt; inputs = InputDiscovery.Find(["runs/**"]).Inputs;
/// Func&lt;BatchTask, BatchOutcome&gt; work = BatchWork.Convert(TargetProfile.MlxLm, new BatchOutput("converted", inputs));
/// BatchSummary summary = AdapterBatch.Of(inputs).Run(work, cancellationToken);
/// </code>
/// </example>
public static class BatchWork
{
    /// <summary>Converts each input; the detail is a <see cref="ConversionResult"/>.</summary>
    /// <param name="target">The reader to write for.</param>
    /// <param name="output">Where the outputs go.</param>
    /// <param name="options">What the caller decides. Default: <see cref="ConversionOptions.Default"/>.</param>
    /// <param name="configure">Adds to the pipeline of an input. Default: nothing.</param>
    public static Func<BatchTask, BatchOutcome> Convert(
        TargetProfile target, BatchOutput output, ConversionOptions? options = null, Func<AdapterPipeline, AdapterPipeline>? configure = null) => task =>
    {
        using IAdapterSource source = task.OpenSource();
        using IAdapterSink sink = output.Open(task);
        AdapterPipeline pipeline = AdapterPipeline.From(source).To(target).WithOptions(For(task, options)).WriteTo(sink);
        ConversionResult result = (configure?.Invoke(pipeline) ?? pipeline).Run(task.CancellationToken);
        return Of(task, result.Succeeded, "converted", [.. result.Findings, .. Adopted(task, sink, output)], result);
    };

    /// <summary>Repairs each input; the detail is a <see cref="RepairResult"/>.</summary>
    /// <param name="output">Where the outputs go; <see langword="null"/> to repair in place.</param>
    /// <param name="options">What the caller decides. Default: <see cref="ConversionOptions.Default"/>.</param>
    /// <param name="isDurable">Whether a repair in place returns only when it has reached the disk.</param>
    public static Func<BatchTask, BatchOutcome> Repair(BatchOutput? output, ConversionOptions? options = null, bool isDurable = false) => task =>
    {
        using IAdapterSource source = task.OpenSource(takesAll: true);
        using IAdapterSink? sink = output?.Open(task);
        AdapterRepair repair = AdapterRepair.Of(source).WithOptions(For(task, options));
        RepairResult result = (sink is null ? repair.InPlace(isDurable) : repair.WriteTo(sink)).Run(task.CancellationToken);
        return Of(task, result.Succeeded, result.Changes.IsEmpty ? "unchanged" : "repaired", [.. result.Findings, .. Adopted(task, sink, output)], result);
    };

    /// <summary>Checks each input for some readers; the detail is an <see cref="ImmutableArray{T}"/> of <see cref="CheckResult"/>.</summary>
    /// <param name="readers">The readers, each of which must load it.</param>
    /// <param name="options">What the caller tells. Default: <see cref="CheckOptions.Default"/>.</param>
    public static Func<BatchTask, BatchOutcome> Check(ImmutableArray<TargetProfile> readers, CheckOptions? options = null) => task =>
    {
        using IAdapterSource source = task.OpenSource();
        ImmutableArray<CheckResult> checks = AdapterChecker.CheckAll(source, readers, options, task.CancellationToken);
        ImmutableArray<Finding> findings = [.. checks.SelectMany(check => check.Findings).Distinct().OrderByDescending(finding => finding.Severity)];
        return Of(task, checks.All(check => check.Verdict == CheckVerdict.Loads), "checked", findings, checks);
    };

    /// <summary>Looks at each input; the detail is an <see cref="Inspection"/>.</summary>
    /// <param name="options">What the caller tells. Default: <see cref="InspectionOptions.Default"/>.</param>
    public static Func<BatchTask, BatchOutcome> Inspect(InspectionOptions? options = null) => task =>
    {
        using IAdapterSource source = task.OpenSource();
        Inspection inspection = AdapterInspector.Inspect(source, options, task.CancellationToken);
        return Of(task, inspection.Adapter is not null, "inspected", inspection.Findings, inspection);
    };

    private static ConversionOptions For(BatchTask task, ConversionOptions? options) =>
        (options ?? ConversionOptions.Default) with { MaxDegreeOfParallelism = task.Workers };

    private static BatchOutcome Of(BatchTask task, bool succeeded, string action, ImmutableArray<Finding> findings, object detail) => new()
    {
        Input = task.Input,
        Verdict = succeeded ? BatchVerdict.Done : BatchVerdict.Refused,
        Action = succeeded ? action : null,
        Findings = findings,
        Outputs = task.Outputs,
        Detail = detail,
    };

    private static Finding[] Adopted(BatchTask task, IAdapterSink? sink, BatchOutput? output) =>
        sink is BatchFolderSink { IsAdopted: true } ? [BatchCodes.OutputAdopted.At(output!.PathOf(task.Input), "was there already with the same bytes")] : [];
}
