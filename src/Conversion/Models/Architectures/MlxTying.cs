namespace Transfuse.Conversion.Models.Architectures;

/// <summary>When mlx-lm uses the embedding as output head.</summary>
internal enum MlxTying
{
    /// <summary>Always: it has no head.</summary>
    Always,

    /// <summary>Never: it always has a head.</summary>
    Never,

    /// <summary>Where the weight files have no head.</summary>
    Weights,

    /// <summary>Where the configuration says so; it must say.</summary>
    Config,

    /// <summary>Where the configuration says so or says nothing.</summary>
    ConfigOrTrue,

    /// <summary>Where the configuration says so.</summary>
    ConfigOrFalse,
}
