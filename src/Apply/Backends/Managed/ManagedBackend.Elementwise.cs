using System.Numerics.Tensors;

namespace Transfuse.Apply.Backends.Managed;

/// <content>Operations on each element.</content>
public sealed partial class ManagedBackend
{
    private delegate void ZipKernel(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> destination);

    /// <inheritdoc />
    public BackendArray Add(BackendArray a, BackendArray b) => Zip(a, b, TensorPrimitives.Add);

    /// <inheritdoc />
    public BackendArray Subtract(BackendArray a, BackendArray b) => Zip(a, b, TensorPrimitives.Subtract);

    /// <inheritdoc />
    public BackendArray Multiply(BackendArray a, BackendArray b) => Zip(a, b, TensorPrimitives.Multiply);

    /// <inheritdoc />
    public BackendArray Divide(BackendArray a, BackendArray b) => Zip(a, b, TensorPrimitives.Divide);

    /// <inheritdoc />
    public BackendArray Minimum(BackendArray a, BackendArray b) => Zip(a, b, TensorPrimitives.Min);

    /// <inheritdoc />
    public BackendArray Maximum(BackendArray a, BackendArray b) => Zip(a, b, TensorPrimitives.Max);

    /// <inheritdoc />
    public BackendArray Widen(BackendArray a) => a;

    /// <inheritdoc />
    public bool IsFloat16(BackendArray a) => false;

    /// <inheritdoc />
    public BackendArray CastLike(BackendArray a, BackendArray other) => a;

    /// <inheritdoc />
    public BackendArray Where(BackendArray condition, BackendArray a, BackendArray b) => Add(Zip(condition, a, KeepAbove), Zip(condition, b, KeepOthers));

    /// <inheritdoc />
    public BackendArray Affine(BackendArray a, float factor, float offset)
    {
        float[] result = New(Floats(a).Length);
        TensorPrimitives.Multiply(Floats(a), factor, result);
        if (offset != 0)
        {
            TensorPrimitives.Add(result, offset, result);
        }

        return new ManagedArray(result, a.Shape);
    }

    /// <inheritdoc />
    public BackendArray Clip(BackendArray a, float lowest, float highest)
    {
        float[] result = New(Floats(a).Length);
        TensorPrimitives.Max(Floats(a), lowest, result);
        TensorPrimitives.Min(result, highest, result);
        return new ManagedArray(result, a.Shape);
    }

    /// <inheritdoc />
    public BackendArray Apply(UnaryOperation operation, BackendArray a)
    {
        float[] result = New(Floats(a).Length);
        ElementFunctions.Apply(operation, Floats(a), result);
        return new ManagedArray(result, a.Shape);
    }

    private static void KeepAbove(ReadOnlySpan<float> condition, ReadOnlySpan<float> values, Span<float> kept)
    {
        for (int i = 0; i < kept.Length; i++)
        {
            kept[i] = condition[i] > 0 ? values[i] : 0;
        }
    }

    private static void KeepOthers(ReadOnlySpan<float> condition, ReadOnlySpan<float> values, Span<float> kept)
    {
        for (int i = 0; i < kept.Length; i++)
        {
            kept[i] = condition[i] > 0 ? 0 : values[i];
        }
    }

    private static ManagedArray Zip(BackendArray a, BackendArray b, ZipKernel kernel)
    {
        float[] left = Floats(a), right = Floats(b);
        int[] shape = Shapes.Broadcast(a, b);
        float[] result = New(Shapes.Count(shape));
        if (left.Length == right.Length)
        {
            kernel(left, right, result);
            return new ManagedArray(result, shape);
        }

        // The trailing axes on which both agree are one run; elsewhere one side may be a single element that stretches.
        int run = 1, axes = 0;
        while (axes < shape.Length && Extent(a, axes) == Extent(b, axes))
        {
            run *= shape[^++axes];
        }

        if (axes == 0)
        {
            StretchLast(a, b, shape, result, kernel);
            return new ManagedArray(result, shape);
        }

        ReadOnlySpan<int> outer = shape.AsSpan()[..^axes];
        for (int i = 0; i < result.Length / run; i++)
        {
            kernel(left.AsSpan(Place(a, axes, outer, i) * run, run), right.AsSpan(Place(b, axes, outer, i) * run, run), result.AsSpan(i * run, run));
        }

        return new ManagedArray(result, shape);
    }

    private static void StretchLast(BackendArray a, BackendArray b, int[] shape, float[] result, ZipKernel kernel)
    {
        int run = shape[^1];
        bool stretchesLeft = Extent(a, 0) == 1;
        float[] copies = New(run);
        ReadOnlySpan<int> outer = shape.AsSpan()[..^1];
        for (int i = 0; i < result.Length / run; i++)
        {
            int left = Place(a, 1, outer, i), right = Place(b, 1, outer, i);
            if (stretchesLeft)
            {
                copies.AsSpan().Fill(Floats(a)[left]);
                kernel(copies, Floats(b).AsSpan(right * run, run), result.AsSpan(i * run, run));
            }
            else
            {
                copies.AsSpan().Fill(Floats(b)[right]);
                kernel(Floats(a).AsSpan(left * run, run), copies, result.AsSpan(i * run, run));
            }
        }
    }

    private static int Extent(BackendArray array, int fromEnd) => fromEnd < array.Rank ? array[^(fromEnd + 1)] : 1;

    // Where the index-th run of the result lies in an array, counted in runs, given the outer extents of the result.
    private static int Place(BackendArray array, int skippedAxes, ReadOnlySpan<int> outer, int index)
    {
        int place = 0, stride = 1;
        for (int axis = outer.Length - 1, fromEnd = skippedAxes; axis >= 0; axis--, fromEnd++)
        {
            int at = index % outer[axis];
            index /= outer[axis];
            int extent = Extent(array, fromEnd);
            place += extent == 1 ? 0 : at * stride;
            stride *= extent;
        }

        return place;
    }
}
