using System.Collections.Immutable;
using Transfuse.Formats.Tensors.Nodes;

namespace Transfuse.Formats.Tensors;

/// <content>Operations that put tensors together.</content>
public static partial class LazyTensorOperations
{
    /// <summary>A tensor of zero bytes.</summary>
    /// <exception cref="OverflowException">The size in bytes does not fit a signed 64-bit integer.</exception>
    public static LazyTensor Zeros(DType dtype, TensorShape shape) => new ZeroTensor(dtype, shape);

    /// <summary>Joins tensors along one axis. On axis 0 the result serves ranges if all tensors do.</summary>
    /// <param name="axis">Axis, from 0.</param>
    /// <param name="tensors">At least one; of one element type, and with the same extents except on the axis.</param>
    /// <exception cref="ArgumentException">There is no tensor, the axis does not exist, types or shapes do not fit, or elements are smaller than a
    /// byte.</exception>
    public static LazyTensor Concat(int axis, params ReadOnlySpan<LazyTensor> tensors)
    {
        LazyTensor first = RequireSameTypes(tensors);
        first.RequireAxis(axis);
        foreach (LazyTensor tensor in tensors)
        {
            if (tensor.Shape.Rank != first.Shape.Rank || tensor.Shape.WithExtent(axis, 0) != first.Shape.WithExtent(axis, 0))
            {
                throw new ArgumentException($"{tensor.Shape} cannot be joined to {first.Shape} along axis {axis}.", nameof(tensors));
            }
        }

        TensorShape shape = first.Shape.WithExtent(axis, SumOfExtents(axis, tensors));
        if (shape.ElementCount == 0)
        {
            return shape == first.Shape ? first : new ZeroTensor(first.DType, shape);
        }

        ImmutableArray<LazyTensor> parts = [.. tensors.ToArray().Where(tensor => tensor.Shape[axis] > 0)];
        if (parts.Length == 1)
        {
            return parts[0];
        }

        first.RequireWholeBytes();
        return new ConcatTensor(shape, axis, parts);
    }

    /// <summary>Joins tensors of one shape along a new axis 0: n tensors (a, b) become (n, a, b).</summary>
    /// <exception cref="ArgumentException">There is no tensor, types or shapes differ, or elements are smaller than a byte.</exception>
    public static LazyTensor Stack(params ReadOnlySpan<LazyTensor> tensors)
    {
        LazyTensor first = RequireSameShapes(tensors);
        TensorShape shape = new([1, .. first.Shape.Dimensions]);
        return Concat(0, [.. tensors.ToArray().Select(tensor => tensor.Reshape(shape))]);
    }

    /// <summary>
    /// Puts matrices along the diagonal of a matrix that is zero elsewhere: (a, b) and (c, d) become (a + c, b + d).
    /// With three axes this happens for each position of axis 0, whose extent all share.
    /// </summary>
    /// <exception cref="ArgumentException">There is no tensor, types or numbers of axes do not fit, or elements are smaller than a byte.</exception>
    public static LazyTensor BlockDiagonal(params ReadOnlySpan<LazyTensor> tensors)
    {
        LazyTensor first = RequireSameTypes(tensors);
        int rank = first.Shape.Rank;
        foreach (LazyTensor tensor in tensors)
        {
            if (rank is not (2 or 3) || tensor.Shape.Rank != rank)
            {
                throw new ArgumentException($"{first.Shape} and {tensor.Shape} are not both matrices, or both batches of matrices.", nameof(tensors));
            }
        }

        long width = SumOfExtents(rank - 1, tensors);
        long before = 0;
        var bands = new List<LazyTensor>();
        foreach (LazyTensor tensor in tensors)
        {
            long after = width - before - tensor.Shape[^1];
            bands.Add(Concat(
                rank - 1,
                Zeros(tensor.DType, tensor.Shape.WithExtent(rank - 1, before)),
                tensor,
                Zeros(tensor.DType, tensor.Shape.WithExtent(rank - 1, after))));
            before += tensor.Shape[^1];
        }

        return Concat(rank - 2, [.. bands]);
    }

    /// <summary>Appends zeros on one axis.</summary>
    /// <param name="source">Any tensor.</param>
    /// <param name="axis">Axis, from 0.</param>
    /// <param name="newLength">Extent of the axis afterwards, at least what it is.</param>
    /// <exception cref="ArgumentException">The axis does not exist, it is longer already, or elements are smaller than a byte.</exception>
    public static LazyTensor PadWithZeros(this LazyTensor source, int axis, long newLength)
    {
        ArgumentNullException.ThrowIfNull(source);
        source.RequireAxis(axis);
        long added = newLength - source.Shape[axis];
        return newLength < source.Shape[axis]
            ? throw new ArgumentException($"Axis {axis} of {source.Shape} cannot be padded to {newLength}.", nameof(newLength))
            : Concat(axis, source, Zeros(source.DType, source.Shape.WithExtent(axis, added)));
    }

    private static long SumOfExtents(int axis, ReadOnlySpan<LazyTensor> tensors)
    {
        Int128 sum = 0;
        foreach (LazyTensor tensor in tensors)
        {
            sum += tensor.Shape[axis];
        }

        return TensorShapes.Extent(sum);
    }

    private static LazyTensor RequireSameTypes(ReadOnlySpan<LazyTensor> tensors)
    {
        if (tensors.IsEmpty)
        {
            throw new ArgumentException("There is no tensor to put together.", nameof(tensors));
        }

        foreach (LazyTensor tensor in tensors)
        {
            ArgumentNullException.ThrowIfNull(tensor, nameof(tensors));
            if (tensor.DType != tensors[0].DType)
            {
                throw new ArgumentException(
                    $"{tensors[0].DType.SafetensorsName()} {tensors[0].Shape} and {tensor.DType.SafetensorsName()} {tensor.Shape} have different element "
                    + "types.",
                    nameof(tensors));
            }
        }

        return tensors[0];
    }

    private static LazyTensor RequireSameShapes(ReadOnlySpan<LazyTensor> tensors)
    {
        LazyTensor first = RequireSameTypes(tensors);
        foreach (LazyTensor tensor in tensors)
        {
            if (tensor.Shape != first.Shape)
            {
                throw new ArgumentException($"{first.Shape} and {tensor.Shape} differ.", nameof(tensors));
            }
        }

        return first;
    }
}
