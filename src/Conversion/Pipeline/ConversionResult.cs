using System.Collections.Immutable;
using Transfuse.Conversion.Stages;
using Transfuse.Conversion.Verification;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Pipeline;

/// <summary>What came of a conversion.</summary>
/// <param name="Findings">Everything that was found, errors first. An error means that nothing was written.</param>
/// <param name="Source">The adapter as read, where it could be.</param>
/// <param name="Target">The adapter as written, where it could be.</param>
/// <param name="IsWritten">Whether the output is in place; false for a dry run.</param>
/// <seealso cref="Transfuse.Conversion.Pipeline.AdapterPipeline" />
public sealed record ConversionResult(ImmutableArray<Finding> Findings, Adapter? Source, Adapter? Target, bool IsWritten)
{
    /// <summary>The comparison of source and output, where it was asked for.</summary>
    public AdapterComparison? Comparison { get; init; }

    /// <summary>What each stage did that was run, in order.</summary>
    public ImmutableArray<StageReport> Stages { get; init; } = [];

    /// <summary>Whether nothing stands against the conversion.</summary>
    public bool Succeeded => Target is not null && Findings.All(finding => finding.Severity != Severity.Error);
}
