using Transfuse.Formats.Tensors;

namespace Transfuse.Metadata.Inference;

/// <summary>Infers rank and form of a pair of MLX factors from both shapes; a contradiction gives none, never a guess (the table of unsloth-zoo 2026.8).</summary>
public static class RankInference
{
    /// <summary>Infers form and rank.</summary>
    /// <param name="a">Shape of <c>lora_a</c>.</param>
    /// <param name="b">Shape of <c>lora_b</c>.</param>
    /// <param name="layerBacked">Whether the tensors are named <c>.weight</c>, which turns both around.</param>
    /// <returns>The form and the rank; <see cref="MlxFactorShape.None"/> and 0 where the shapes contradict each other.</returns>
    public static (MlxFactorShape Form, long Rank) Infer(TensorShape a, TensorShape b, bool layerBacked)
    {
        if (a.Rank == 3 && b.Rank == 3)
        {
            return a[0] == b[0] && a[1] == b[2] ? (MlxFactorShape.Experts, a[1]) : (MlxFactorShape.None, 0);
        }

        if (a.Rank == 2 && b.Rank == 3)
        {
            return Int128.CreateChecked(b[0]) * b[2] == a[0] ? (MlxFactorShape.FlattenedExperts, b[2]) : (MlxFactorShape.None, 0);
        }

        if (a.Rank != 2 || b.Rank != 2)
        {
            return (MlxFactorShape.None, 0);
        }

        return layerBacked
            ? a[0] == b[1] ? (MlxFactorShape.LayerBacked, a[0]) : (MlxFactorShape.None, 0)
            : a[1] == b[0] ? (MlxFactorShape.Plain, a[1]) : (MlxFactorShape.None, 0);
    }
}
