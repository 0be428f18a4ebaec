using System.Numerics.Tensors;

namespace Transfuse.Apply.Backends.Managed;

/// <content>Operations along an axis.</content>
public sealed partial class ManagedBackend
{
    /// <inheritdoc />
    public BackendArray Sum(BackendArray a, int axis) => Reduce(a, axis, TensorPrimitives.Add);

    /// <inheritdoc />
    public BackendArray Max(BackendArray a, int axis) => Reduce(a, axis, TensorPrimitives.Max);

    /// <inheritdoc />
    public BackendArray Softmax(BackendArray a)
    {
        int run = a[^1];
        float[] result = New(Floats(a).Length);
        for (int i = 0; i < result.Length; i += run)
        {
            SoftmaxRow(Floats(a).AsSpan(i, run), result.AsSpan(i, run));
        }

        return new ManagedArray(result, a.Shape);
    }

    /// <inheritdoc />
    public BackendArray TopK(BackendArray a, int k)
    {
        int run = a[^1];
        if (k < 1 || k > run)
        {
            throw new ArgumentException($"There are no {k} largest in {a}.", nameof(k));
        }

        float[] values = Floats(a);
        int[] result = new int[values.Length / run * k];
        int[] order = new int[run];
        for (int row = 0; row < values.Length / run; row++)
        {
            int start = row * run;
            for (int i = 0; i < run; i++)
            {
                order[i] = i;
            }

            Array.Sort(order, (x, y) => values[start + y].CompareTo(values[start + x]) is var byValue && byValue != 0 ? byValue : x.CompareTo(y));
            order.AsSpan(0, k).CopyTo(result.AsSpan(row * k));
        }

        return new ManagedArray(result, Shapes.With(a, a.Rank - 1, k));
    }

    /// <inheritdoc />
    public BackendArray RmsNorm(BackendArray x, BackendArray? weight, float epsilon)
    {
        int run = x[^1];
        ReadOnlySpan<float> scale = weight is null ? [] : Floats(weight);
        if (weight is not null && scale.Length != run)
        {
            throw new ArgumentException($"{weight} is no weight for the last axis of {x}.", nameof(weight));
        }

        float[] result = New(Floats(x).Length);
        for (int i = 0; i < result.Length; i += run)
        {
            ReadOnlySpan<float> row = Floats(x).AsSpan(i, run);
            Span<float> to = result.AsSpan(i, run);
            TensorPrimitives.Multiply(row, 1 / MathF.Sqrt((TensorPrimitives.SumOfSquares(row) / run) + epsilon), to);
            if (weight is not null)
            {
                TensorPrimitives.Multiply(to, scale, to);
            }
        }

        return new ManagedArray(result, x.Shape);
    }

    /// <inheritdoc />
    public BackendArray LayerNorm(BackendArray x, BackendArray? weight, BackendArray? bias, float epsilon)
    {
        int run = x[^1];
        ReadOnlySpan<float> scale = weight is null ? [] : Floats(weight);
        ReadOnlySpan<float> shift = bias is null ? [] : Floats(bias);
        if ((weight is not null && scale.Length != run) || (bias is not null && shift.Length != run))
        {
            throw new ArgumentException($"Weight or bias is not for the last axis of {x}.", nameof(weight));
        }

        float[] result = New(Floats(x).Length);
        for (int i = 0; i < result.Length; i += run)
        {
            ReadOnlySpan<float> row = Floats(x).AsSpan(i, run);
            Span<float> to = result.AsSpan(i, run);
            TensorPrimitives.Subtract(row, TensorPrimitives.Sum(row) / run, to);
            TensorPrimitives.Multiply(to, 1 / MathF.Sqrt((TensorPrimitives.SumOfSquares<float>(to) / run) + epsilon), to);
            if (weight is not null)
            {
                TensorPrimitives.Multiply(to, scale, to);
            }

            if (bias is not null)
            {
                TensorPrimitives.Add(to, shift, to);
            }
        }

        return new ManagedArray(result, x.Shape);
    }

    private static void SoftmaxRow(ReadOnlySpan<float> scores, Span<float> result)
    {
        float largest = TensorPrimitives.Max(scores);
        TensorPrimitives.Subtract(scores, float.IsNegativeInfinity(largest) ? 0 : largest, result);
        TensorPrimitives.Exp(result, result);
        TensorPrimitives.Divide(result, TensorPrimitives.Sum<float>(result), result);
    }

    private static ManagedArray Reduce(BackendArray a, int axis, ZipKernel kernel)
    {
        axis = Shapes.Axis(a, axis);
        (int outer, int extent, int inner) = Shapes.Around(a, axis);
        if (extent == 0)
        {
            throw new ArgumentException($"Axis {axis} of {a} is empty.", nameof(axis));
        }

        float[] result = New(outer * inner);
        for (int i = 0; i < outer; i++)
        {
            ReadOnlySpan<float> from = Floats(a).AsSpan(i * extent * inner, extent * inner);
            Span<float> to = result.AsSpan(i * inner, inner);
            from[..inner].CopyTo(to);
            for (int j = 1; j < extent; j++)
            {
                kernel(to, from.Slice(j * inner, inner), to);
            }
        }

        return new ManagedArray(result, Shapes.With(a, axis, 1));
    }
}
