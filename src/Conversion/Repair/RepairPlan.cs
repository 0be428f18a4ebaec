using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Repair;

/// <summary>What a repair would write.</summary>
internal sealed record RepairPlan
{
    /// <summary>The adapter as it will be.</summary>
    public required Adapter Adapter { get; init; }

    /// <summary>The program that the folder is for.</summary>
    public required TargetProfile Reader { get; init; }

    /// <summary>Its config.</summary>
    public required JsonObject Config { get; init; }

    /// <summary>Its tensors under their names.</summary>
    public required ImmutableArray<NamedTensor> Tensors { get; init; }

    /// <summary>Name of the weights file where it is written or renamed.</summary>
    public required string WeightsFile { get; init; }

    /// <summary>Names that the weights file may keep where no tensor changes.</summary>
    public required ImmutableArray<string> KeptNames { get; init; }

    /// <summary>The weights file's metadata, where it is written.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>Everything that changes, config fields first.</summary>
    public required ImmutableArray<RepairChange> Changes { get; init; }
}
