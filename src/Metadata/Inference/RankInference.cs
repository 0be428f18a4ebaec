using Transfuse.Formats.Tensors;

namespace Transfuse.Metadata.Inference;

/// <summary>
/// Infers rank and form of a pair of MLX factors from both shapes; a contradiction gives none, never a guess (the table of unsloth-zoo 2026.8).
/// </summary>
internal static class RankInference
{
    private static readonly (MlxFactorShape Form, long Rank) Unknown = (MlxFactorShape.None, 0);

    /// <summary>Infers form and rank.</summary>
    /// <param name="a">Shape of <c>lora_a</c>; <see langword="null"/> where the module has none.</param>
    /// <param name="b">Shape of <c>lora_b</c>; <see langword="null"/> where the module has none.</param>
    /// <param name="layerBacked">Whether the tensors are named <c>.weight</c>, which turns both around.</param>
    /// <returns>The form and the rank; <see cref="MlxFactorShape.None"/> and 0 where the shapes contradict each other.</returns>
    public static (MlxFactorShape Form, long Rank) Infer(TensorShape? a, TensorShape? b, bool layerBacked) => (a, b) switch
    {
        ({ Rank: >= 3 } first, { } second) => Stacked(first, second),
        ({ Rank: 2 } first, { Rank: 3 } second) =>
            Int128.CreateChecked(second[0]) * second[2] == first[0] ? (MlxFactorShape.FlattenedExperts, second[2]) : Unknown,
        ({ Rank: 2 } first, { Rank: 2 } second) when layerBacked => first[0] == second[1] ? (MlxFactorShape.LayerBacked, first[0]) : Unknown,
        ({ Rank: 2 } first, { Rank: 2 } second) => first[1] == second[0] ? (MlxFactorShape.Plain, first[1]) : Unknown,
        _ => Unknown,
    };

    private static (MlxFactorShape Form, long Rank) Stacked(TensorShape a, TensorShape b)
    {
        bool agrees = a.Rank == b.Rank && a[^2] == b[^1] && a.Dimensions[..^2].SequenceEqual(b.Dimensions[..^2]);
        return !agrees ? Unknown : (a.Rank == 3 ? MlxFactorShape.Experts : MlxFactorShape.Deep, a[^2]);
    }
}
