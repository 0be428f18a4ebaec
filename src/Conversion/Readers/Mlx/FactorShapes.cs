using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Readers.Mlx;

/// <summary>
/// The shapes of factors that a wrapped module has in MLX: (in, r) and (r, out), of stacked experts (E, r, in) and (E, out, r), and a magnitude of (out).
/// </summary>
internal static class FactorShapes
{
    /// <summary>What is wrong with a pair under a rank, for each tensor that does not fit; extents that are not known fit anything.</summary>
    public static IEnumerable<(string Name, LazyTensor Tensor, string Expected)> Misfits(MlxPair pair, ModelSlot place, long rank)
    {
        bool stacked = place.Kind == TargetKind.Switch;
        (string, LazyTensor?, long?[])[] wanted =
        [
            ("lora_a", pair.A, stacked ? [place.Experts, rank, place.Inputs] : [place.Inputs, rank]),
            ("lora_b", pair.B, stacked ? [place.Experts, place.Outputs, rank] : [rank, place.Outputs]),
            ("m", pair.M, [place.Kind == TargetKind.Embedding ? place.Inputs : place.Outputs]),
        ];
        foreach ((string name, LazyTensor? tensor, long?[] expected) in wanted)
        {
            if (tensor is not null && !Fits(tensor.Shape, expected))
            {
                yield return (name, tensor,
                    $"({string.Join(", ", expected.Select(extent => extent?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "?"))})");
            }
        }
    }

    /// <summary>The rank that both factors have, or <see langword="null"/> where they disagree or one is missing.</summary>
    public static long? RankOf(MlxPair pair, bool stacked)
    {
        if (pair.A is not { } a || pair.B is not { } b || a.Shape.Rank != (stacked ? 3 : 2) || b.Shape.Rank != a.Shape.Rank)
        {
            return null;
        }

        (long left, long right) = stacked ? (a.Shape[1], b.Shape[2]) : (a.Shape[1], b.Shape[0]);
        return left == right && (!stacked || a.Shape[0] == b.Shape[0]) ? left : null;
    }

    private static bool Fits(TensorShape shape, long?[] expected) =>
        shape.Rank == expected.Length && expected.Zip(shape.Dimensions).All(pair => pair.First is null || pair.First == pair.Second);
}
