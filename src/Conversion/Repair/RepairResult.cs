using System.Collections.Immutable;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Repair;

/// <summary>What came of a repair.</summary>
/// <seealso cref="Transfuse.Conversion.Repair.AdapterRepair" />
public sealed record RepairResult
{
    /// <summary>Everything that was found, errors first. An error means that nothing was written.</summary>
    public required ImmutableArray<Finding> Findings { get; init; }

    /// <summary>The dialect, where it could be told.</summary>
    public AdapterDialect? Dialect { get; init; }

    /// <summary>The adapter as it is now, or would be; <see langword="null"/> where it was refused.</summary>
    public Adapter? Adapter { get; init; }

    /// <summary>What was changed, or would be; empty where there was nothing to repair.</summary>
    public ImmutableArray<RepairChange> Changes { get; init; } = [];

    /// <summary>The change of the config as the lines of a unified diff; empty where it stays as it is.</summary>
    public ImmutableArray<string> ConfigDiff { get; init; } = [];

    /// <summary>Whether the output is in place; false for a dry run, and for a repair in place that had nothing to do.</summary>
    public bool IsWritten { get; init; }

    /// <summary>Whether nothing stands against the repair.</summary>
    public bool Succeeded => Adapter is not null && Findings.All(finding => finding.Severity != Severity.Error);
}
