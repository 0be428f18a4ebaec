using System.Collections.Immutable;

namespace Transfuse.Metadata.Inference;

/// <summary>What the layers of an adapter tell together. A value that they do not agree on is <see langword="null"/>.</summary>
internal sealed record InferredAdapter
{
    /// <summary>The rank of every module, or <see langword="null"/> where they differ or none tells.</summary>
    public long? Rank { get; init; }

    /// <summary>The multiplier of every module, or <see langword="null"/> where they differ or one does not tell.</summary>
    public double? Scale { get; init; }

    /// <summary>The dropout of every module, or <see langword="null"/> where they differ or there is no module.</summary>
    public double? Dropout { get; init; }

    /// <summary>The kind, by the presence of magnitudes.</summary>
    public FineTuneKind Kind { get; init; }

    /// <summary>Paths of the modules that count and whose factors agree, in the order given: full-path keys.</summary>
    public ImmutableArray<string> Keys { get; init; } = [];

    /// <summary>Paths of modules that count but whose factors contradict each other or lack one.</summary>
    public ImmutableArray<string> Contradictory { get; init; } = [];

    /// <summary>Paths that the topology lists and that no module has.</summary>
    public ImmutableArray<string> Missing { get; init; } = [];

    /// <summary>Paths of modules that the topology does not list, so that they do not count.</summary>
    public ImmutableArray<string> Unlisted { get; init; } = [];
}
