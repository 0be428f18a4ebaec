using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Stages;
using Transfuse.Conversion.Stages.Fit;
using Transfuse.Conversion.Stages.Read;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Pipeline;

/// <summary>Looks at adapters. Reads configs and headers, never values.</summary>
/// <example>
/// <code>
/// Inspection inspection = await AdapterInspector.InspectAsync(source);
/// Console.WriteLine($"{inspection.Dialect}: {inspection.Adapter?.Modules.Length} modules");
/// </code>
/// </example>
public static class AdapterInspector
{
    /// <summary>Looks at one adapter.</summary>
    /// <param name="source">The files; the caller keeps and disposes it.</param>
    /// <param name="options">What the caller tells. Default: <see cref="InspectionOptions.Default"/>.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static Inspection Inspect(IAdapterSource source, InspectionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= InspectionOptions.Default;
        var log = new FindingLog();
        var conversion = ConversionOptions.Default with { AdapterName = options.AdapterName };
        var run = new Run(conversion with { Base = options.Base }, log, cancellationToken);
        using ReadResult? read = ReadAdapter.ToInspect(source, run);
        if (read is not null)
        {
            ValueProbes.Vanishing(read.Adapter, read.Dialect, log);
        }

        string? modelType = options.ModelType ?? options.Base?.Config.ModelType;
        Architecture? architecture = modelType is null ? null : ArchitectureTable.Default.Find(modelType);
        if (modelType is not (null or ArchitectureTable.Identity) && architecture is null)
        {
            log.Add(ArchitectureCodes.UnknownModelType.At(modelType, "is not in the table of architectures"));
        }

        // What would stop a conversion does not keep an adapter from being shown.
        ImmutableArray<Finding> findings = log.ToSorted();
        return new Inspection(source.Name, read?.Dialect.Id, read?.Adapter, architecture?.ModelType, read is null ? findings : [.. findings.Select(Tell)]);
    }

    /// <summary>Looks at one adapter on a worker thread; the work itself is synchronous. See <see cref="Inspect"/>.</summary>
    public static Task<Inspection> InspectAsync(IAdapterSource source, InspectionOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => Inspect(source, options, cancellationToken), cancellationToken);

    private static Finding Tell(Finding finding) => finding.Severity == Severity.Error ? finding with { Severity = Severity.Warning } : finding;
}
