namespace Transfuse.Conversion.Dialects.Mlx;

/// <summary>What a tensor in an MLX file is to its module.</summary>
internal enum MlxFactor
{
    /// <summary>None: a parameter of the base model.</summary>
    None,

    /// <summary>The factor that the input meets first.</summary>
    A,

    /// <summary>The factor that gives the output.</summary>
    B,

    /// <summary>DoRA's magnitude, if the module also has both factors; else an ordinary parameter named <c>m</c>.</summary>
    Magnitude,

    /// <summary>One of several factors of a fused module (afm7's <c>lora_a.0</c>), which mlx-lm 0.32 itself refuses to load.</summary>
    ListItem,
}
