using System.Collections.Immutable;

namespace Transfuse.Conversion.Models.Architectures;

/// <summary>Names of fields in config.json; of several spellings the first that is there counts.</summary>
internal sealed record BaseConfigFields
{
    /// <summary>Number of decoder layers.</summary>
    public required ImmutableArray<string> Layers { get; init; }

    /// <summary>Hidden size.</summary>
    public required ImmutableArray<string> Hidden { get; init; }

    /// <summary>Number of experts that a layer routes to; empty where there are none.</summary>
    public required ImmutableArray<string> Experts { get; init; }

    /// <summary>Inner size of one expert; empty where there are none.</summary>
    public required ImmutableArray<string> Width { get; init; }

    /// <summary>Size of the space that the experts work in.</summary>
    public required ImmutableArray<string> Latent { get; init; }
}
