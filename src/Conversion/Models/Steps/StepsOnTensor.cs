using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Models.Steps;

/// <summary>Makes of a base's tensor what mlx-lm (0.32.0) makes of it, lazily.</summary>
internal static class StepsOnTensor
{
    /// <summary>The tensor that comes out; <see cref="ModuleStep.StackExpert"/> is left to who has all experts.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="steps">The steps.</param>
    /// <param name="isBias">Whether rows lie along the last axis, as in a bias, not along the one before it.</param>
    /// <exception cref="ArgumentException">The tensor has not the shape that a step needs.</exception>
    /// <exception cref="OverflowException">The tensor is too large.</exception>
    public static LazyTensor Apply(LazyTensor tensor, IEnumerable<ModuleStep> steps, bool isBias) =>
        steps.Aggregate(tensor, (value, step) => Apply(value, step, value.Shape.Rank - (isBias ? 1 : 2)));

    private static LazyTensor Apply(LazyTensor tensor, ModuleStep step, int rowAxis)
    {
        switch (step)
        {
            case ModuleStep.Transpose or ModuleStep.Pack { Layout: PackedLayout.InOut }:
                return tensor.Shape.Rank == 3 ? tensor.Permute(0, 2, 1) : tensor.Transpose();
            case ModuleStep.Pack or ModuleStep.StackExpert:
                return tensor;
            case ModuleStep.SelectRows { Rows: var rows }:
                return RowParts.Select(tensor, rowAxis, rows);
            case ModuleStep.ScaleRows scale:
                float[] factors =
                    [.. scale.Scale.SelectMany(part => Enumerable.Repeat((float)part.Factor, checked((int)(part.Rows ?? tensor.Shape[rowAxis]))))];
                return tensor.Cast(DType.F32).ScaleRows(factors);
            case ModuleStep.SplitHeads heads:
                LazyTensor split = tensor.Reshape(new TensorShape(heads.Heads, heads.First + heads.Second, tensor.Shape[^1]));
                return heads.TakesFirst ? split.Slice(1, 0, heads.First).Permute(0, 2, 1) : split.Slice(1, heads.First, heads.Second);
            default:
                throw ModuleStep.IsUnknown(step);
        }
    }
}
