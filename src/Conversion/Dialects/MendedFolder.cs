using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Dialects;

/// <summary>What a repair would write.</summary>
internal sealed record MendedFolder
{
    /// <summary>Its config; <see langword="null"/> where the dialect has none.</summary>
    public required JsonObject? Config { get; init; }

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
