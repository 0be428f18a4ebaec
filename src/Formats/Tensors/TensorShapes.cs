namespace Transfuse.Formats.Tensors;

/// <summary>Arithmetic on shapes for the operations.</summary>
internal static class TensorShapes
{
    /// <summary>Makes a shape.</summary>
    /// <exception cref="ArgumentException">An extent is negative, or the product does not fit.</exception>
    public static TensorShape Create(ReadOnlySpan<long> dimensions)
    {
        try
        {
            return new TensorShape(dimensions);
        }
        catch (OverflowException error)
        {
            throw new ArgumentException($"The shape ({string.Join(", ", dimensions.ToArray())}) has too many elements.", error);
        }
    }

    /// <summary>Checks that a computed extent can be one.</summary>
    /// <exception cref="ArgumentException">It is too large.</exception>
    public static long Extent(Int128 extent) =>
        extent <= long.MaxValue ? (long)extent : throw new ArgumentException($"An axis cannot have {extent} positions.", nameof(extent));

    /// <summary>The shape with one extent replaced.</summary>
    public static TensorShape WithExtent(this TensorShape shape, int axis, long extent)
    {
        long[] dimensions = [.. shape.Dimensions];
        dimensions[axis] = extent;
        return Create(dimensions);
    }

    /// <summary>Product of the extents before an axis; the shape has no extent of 0.</summary>
    public static long CountBefore(this TensorShape shape, int axis)
    {
        long count = 1;
        foreach (long extent in shape.Dimensions.AsSpan()[..axis])
        {
            count *= extent;
        }

        return count;
    }

    /// <summary>Bytes of the elements after an axis for one position on it; the shape has no extent of 0.</summary>
    public static long BytesAfter(this LazyTensor tensor, int axis) =>
        tensor.ByteLength / tensor.Shape.CountBefore(axis + 1);

    /// <summary>Checks that an axis exists.</summary>
    /// <exception cref="ArgumentException">It does not.</exception>
    public static void RequireAxis(this LazyTensor tensor, int axis)
    {
        if (axis < 0 || axis >= tensor.Shape.Rank)
        {
            throw new ArgumentException($"The tensor {tensor.Shape} has no axis {axis}.", nameof(axis));
        }
    }

    /// <summary>Checks that elements can be moved one by one.</summary>
    /// <exception cref="ArgumentException">Elements are smaller than a byte.</exception>
    /// <returns>Bytes of one element: 1, 2, 4 or 8.</returns>
    public static int RequireWholeBytes(this LazyTensor tensor)
    {
        int bits = tensor.DType.BitSize();
        return bits % 8 == 0
            ? bits / 8
            : throw new ArgumentException(
                $"Elements of {tensor.DType.SafetensorsName()} are smaller than a byte: the tensor {tensor.Shape} can be carried and reshaped, not rearranged.",
                nameof(tensor));
    }

    /// <summary>Checks that elements are float16, bfloat16, float32 or float64.</summary>
    /// <exception cref="ArgumentException">They are not.</exception>
    public static void RequireFactorFloat(this LazyTensor tensor)
    {
        if (!tensor.DType.IsFactorFloat())
        {
            throw new ArgumentException(
                $"The tensor {tensor.DType.SafetensorsName()} {tensor.Shape} is not float16, bfloat16, float32 or float64.", nameof(tensor));
        }
    }

    /// <summary>Checks that a range of bytes can be read.</summary>
    /// <exception cref="NotSupportedException">The tensor is computed as a whole.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range reaches outside.</exception>
    public static void RequireRange(this LazyTensor tensor, long offset, int length)
    {
        if (!tensor.SupportsRanges)
        {
            throw new NotSupportedException($"The tensor {tensor.Shape} is computed as a whole.");
        }

        if (offset < 0 || offset > tensor.ByteLength - length)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"The tensor has {tensor.ByteLength} bytes; {length} were wanted at {offset}.");
        }
    }
}
