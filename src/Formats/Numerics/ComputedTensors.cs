using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Numerics;

/// <summary>
/// Tensors whose elements are products of others'. Elements are read as float32 and multiplied in float32, with one rounding, unless stated otherwise.
/// </summary>
internal static class ComputedTensors
{
    public static LazyTensor Identity(long size) => new ComputedTensor(new TensorShape(size, size), (destination, _) =>
    {
        destination.Clear();
        for (int i = 0; i < size; i++)
        {
            destination[checked((int)((i * size) + i))] = 1;
        }
    });

    /// <summary>A matrix (n, m) whose rows are multiplied by a vector of n elements, of any shape.</summary>
    public static LazyTensor ScaleRows(LazyTensor matrix, LazyTensor vector) => new ComputedTensor(matrix.Shape, (destination, cancellationToken) =>
    {
        matrix.Cast(DType.F32).CopyTo(MemoryMarshal.AsBytes(destination), cancellationToken);
        float[] factors = vector.ToSingles(cancellationToken);
        int columns = (int)matrix.Shape[1];
        for (int row = 0; row < factors.Length; row++)
        {
            Span<float> values = destination.Slice(row * columns, columns);
            TensorPrimitives.Multiply(values, factors[row], values);
        }
    });

    /// <summary>The product of two small matrices, computed in double and rounded once.</summary>
    public static LazyTensor Product(LazyTensor left, LazyTensor right) =>
        new ComputedTensor(new TensorShape(left.Shape[0], right.Shape[1]), (destination, cancellationToken) =>
    {
        Matrix product = Matrix.Of(left, cancellationToken).Times(Matrix.Of(right, cancellationToken));
        TensorPrimitives.ConvertTruncating<double, float>(product.Values, destination);
    });

    /// <summary>The Kronecker product of (a, b) and (c, d), (a c, b d): block (i, j) is the second matrix times the element (i, j) of the first.</summary>
    public static LazyTensor Kronecker(LazyTensor first, LazyTensor second)
    {
        (long rows, long columns) = (second.Shape[0], second.Shape[1]);
        return new ComputedTensor(new TensorShape(first.Shape[0] * rows, first.Shape[1] * columns), (destination, cancellationToken) =>
        {
            float[] outer = first.ToSingles(cancellationToken);
            float[] inner = second.ToSingles(cancellationToken);
            (int width, int count) = ((int)columns, (int)first.Shape[1]);
            for (int i = 0; i < outer.Length / count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                for (int row = 0; row < rows; row++)
                {
                    Products(outer.AsSpan(i * count, count), inner.AsSpan(row * width, width), destination[..(count * width)]);
                    destination = destination[(count * width)..];
                }
            }
        });
    }

    /// <summary>The rows' Kronecker products (face-splitting product) of (n, a) and (n, b): (n, a b).</summary>
    public static LazyTensor SplitRows(LazyTensor first, LazyTensor second)
    {
        int firstWidth = checked((int)first.Shape[1]);
        int secondWidth = checked((int)second.Shape[1]);
        return new ComputedTensor(new TensorShape(first.Shape[0], (long)firstWidth * secondWidth), (destination, cancellationToken) =>
        {
            float[] left = first.ToSingles(cancellationToken);
            float[] right = second.ToSingles(cancellationToken);
            int width = checked(firstWidth * secondWidth);
            for (int row = 0; row < left.Length / firstWidth; row++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Products(left.AsSpan(row * firstWidth, firstWidth), right.AsSpan(row * secondWidth, secondWidth), destination.Slice(row * width, width));
            }
        });
    }

    /// <summary>The columns' Kronecker products (Khatri-Rao product) of (a, n) and (b, n): (a b, n).</summary>
    public static LazyTensor SplitColumns(LazyTensor first, LazyTensor second)
    {
        int columns = checked((int)first.Shape[1]);
        return new ComputedTensor(new TensorShape(first.Shape[0] * second.Shape[0], columns), (destination, cancellationToken) =>
        {
            float[] left = first.ToSingles(cancellationToken);
            float[] right = second.ToSingles(cancellationToken);
            for (int i = 0; i < left.Length; i += columns)
            {
                cancellationToken.ThrowIfCancellationRequested();
                for (int j = 0; j < right.Length; j += columns)
                {
                    TensorPrimitives.Multiply(left.AsSpan(i, columns), right.AsSpan(j, columns), destination[..columns]);
                    destination = destination[columns..];
                }
            }
        });
    }

    private static void Products(ReadOnlySpan<float> outer, ReadOnlySpan<float> inner, Span<float> destination)
    {
        foreach (float factor in outer)
        {
            TensorPrimitives.Multiply(inner, factor, destination[..inner.Length]);
            destination = destination[inner.Length..];
        }
    }
}
