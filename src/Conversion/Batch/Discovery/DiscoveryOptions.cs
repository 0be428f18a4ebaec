using System.Collections.Immutable;

namespace Transfuse.Conversion.Batch.Discovery;

/// <summary>Which of the adapters that globs meet are taken.</summary>
/// <seealso cref="Transfuse.Conversion.Batch.Discovery.InputDiscovery" />
public sealed record DiscoveryOptions
{
    /// <summary>Globs of what is left out, against the path as it is shown and against its path below the glob's fixed prefix. Default: none.</summary>
    public ImmutableArray<string> Excluded { get; init; } = [];

    /// <summary>Whether a trainer's checkpoints are inputs like others, also where the glob does not name them. Default: no.</summary>
    public bool TakesCheckpoints { get; init; }

    /// <summary>Whether paths of a list come from one, where a path may be followed by a tab and the name of its output. Default: no.</summary>
    public bool IsList { get; init; }

    /// <summary>
    /// The folder that outputs go to. What a glob that begins above it meets in it is an output of an earlier run, and left out. Default: none.
    /// </summary>
    public string? Output { get; init; }
}
