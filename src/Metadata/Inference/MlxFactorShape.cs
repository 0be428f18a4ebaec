namespace Transfuse.Metadata.Inference;

/// <summary>How a pair of MLX factors lies in its file, as the shapes tell.</summary>
internal enum MlxFactorShape
{
    /// <summary>The shapes contradict each other, or a factor is missing.</summary>
    None,

    /// <summary><c>(in, r)</c> and <c>(r, out)</c>: Linear or embedding.</summary>
    Plain,

    /// <summary><c>(r, in)</c> and <c>(out, r)</c>: factors that are layers.</summary>
    LayerBacked,

    /// <summary><c>(E, r, in)</c> and <c>(E, out, r)</c>: stacked experts.</summary>
    Experts,

    /// <summary><c>(E r, in)</c> and <c>(E, out, r)</c>: stacked experts of mlx-lm before 0.28.3.</summary>
    FlattenedExperts,

    /// <summary>
    /// <c>(..., r, in)</c> and <c>(..., out, r)</c> with more than one dimension before the rank: the rank is plain, but no MLX layer has such factors.
    /// </summary>
    Deep,
}
