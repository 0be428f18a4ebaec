namespace Transfuse.Apply.Backends.Managed;

/// <content>Operations that move elements.</content>
/// <example>
/// <code>
/// using var managed = new ManagedBackend();
/// using LanguageModel llama = LanguageModel.Load("models/llama", managed);
/// </code>
/// </example>
public sealed partial class ManagedBackend
{
    /// <inheritdoc />
    public BackendArray Reshape(BackendArray a, params ReadOnlySpan<int> shape)
    {
        int[] resolved = shape.ToArray();
        int open = Array.IndexOf(resolved, -1);
        int count = a is ManagedArray managed ? managed.Count : throw new ArgumentException($"{a} is not an array of this backend.", nameof(a));
        if (open >= 0)
        {
            resolved[open] = 1;
            int rest = Shapes.Count(resolved);
            resolved[open] = rest == 0 ? 0 : count / rest;
        }

        if (Shapes.Count(resolved) != count)
        {
            throw new ArgumentException($"{a} does not fill ({string.Join(", ", shape.ToArray())}).", nameof(shape));
        }

        return a.Type == ElementType.Float32 ? new ManagedArray(managed.Singles, resolved) : new ManagedArray(managed.Integers, resolved);
    }

    /// <inheritdoc />
    public BackendArray Permute(BackendArray a, params ReadOnlySpan<int> axes)
    {
        int[] order = axes.ToArray();
        if (!order.Order().SequenceEqual(Enumerable.Range(0, a.Rank)))
        {
            throw new ArgumentException($"({string.Join(", ", order)}) is no order of the axes of {a}.", nameof(axes));
        }

        return a.Type == ElementType.Float32
            ? new ManagedArray(Permuted(Floats(a), a, order, out int[] shape), shape)
            : new ManagedArray(Permuted(Integers(a), a, order, out shape), shape);
    }

    /// <inheritdoc />
    public BackendArray Slice(BackendArray a, int axis, int start, int count, int stride = 1)
    {
        axis = Shapes.Axis(a, axis);
        if (start < 0 || count < 0 || stride < 1 || (count > 0 && start + ((long)(count - 1) * stride) >= a[axis]))
        {
            throw new ArgumentException($"{count} elements from {start} by {stride} are not in axis {axis} of {a}.", nameof(count));
        }

        int[] shape = Shapes.With(a, axis, count);
        return a.Type == ElementType.Float32
            ? new ManagedArray(Sliced(Floats(a), a, axis, start, count, stride), shape)
            : new ManagedArray(Sliced(Integers(a), a, axis, start, count, stride), shape);
    }

    /// <inheritdoc />
    public BackendArray Concat(int axis, params ReadOnlySpan<BackendArray> arrays)
    {
        BackendArray first = arrays[0];
        axis = Shapes.Axis(first, axis);
        int extent = 0;
        foreach (BackendArray array in arrays)
        {
            bool fits = array.Rank == first.Rank
                && array.Shape[..axis].SequenceEqual(first.Shape[..axis])
                && array.Shape[(axis + 1)..].SequenceEqual(first.Shape[(axis + 1)..]);
            extent += fits ? array[axis] : throw new ArgumentException($"{first} and {array} cannot be put together along axis {axis}.", nameof(arrays));
        }

        (int outer, _, int inner) = Shapes.Around(first, axis);
        float[] result = New(checked(outer * extent * inner));
        int place = 0;
        foreach (BackendArray array in arrays)
        {
            int run = array[axis] * inner;
            for (int i = 0; i < outer; i++)
            {
                Floats(array).AsSpan(i * run, run).CopyTo(result.AsSpan((i * extent * inner) + place));
            }

            place += run;
        }

        return new ManagedArray(result, Shapes.With(first, axis, extent));
    }

    /// <inheritdoc />
    public BackendArray Repeat(BackendArray a, int axis, int count)
    {
        axis = Shapes.Axis(a, axis);
        (int outer, int extent, int inner) = Shapes.Around(a, axis);
        float[] result = New(checked(outer * extent * inner * count));
        ReadOnlySpan<float> source = Floats(a);
        for (int i = 0; i < outer * extent; i++)
        {
            for (int copy = 0; copy < count; copy++)
            {
                source.Slice(i * inner, inner).CopyTo(result.AsSpan(((i * count) + copy) * inner));
            }
        }

        return new ManagedArray(result, Shapes.With(a, axis, extent * count));
    }

    /// <inheritdoc />
    public BackendArray TakeAlong(BackendArray a, BackendArray indices)
    {
        int extent = a[^1], taken = indices[^1];
        if (a.Rank != indices.Rank || !a.Shape[..^1].SequenceEqual(indices.Shape[..^1]))
        {
            throw new ArgumentException($"{indices} does not index {a}.", nameof(indices));
        }

        int[] index = Integers(indices);
        float[] result = New(index.Length);
        for (int i = 0; i < index.Length; i++)
        {
            result[i] = (uint)index[i] < (uint)extent ? Floats(a)[(i / taken * extent) + index[i]] : throw OutOfRange(index[i], extent);
        }

        return new ManagedArray(result, indices.Shape);
    }

    /// <inheritdoc />
    public BackendArray Take(BackendArray a, BackendArray indices)
    {
        int[] index = Integers(indices);
        int inner = Shapes.Count(a.Shape[1..]);
        float[] result = New(checked(index.Length * inner));
        for (int i = 0; i < index.Length; i++)
        {
            int row = (uint)index[i] < (uint)a[0] ? index[i] : throw OutOfRange(index[i], a[0]);
            Floats(a).AsSpan(row * inner, inner).CopyTo(result.AsSpan(i * inner));
        }

        return new ManagedArray(result, [.. indices.Shape, .. a.Shape[1..]]);
    }

    private static ArgumentException OutOfRange(int index, int extent) => new($"Index {index} is not below {extent}.");

    private static T[] Permuted<T>(T[] source, BackendArray a, int[] order, out int[] shape)
    {
        int rank = order.Length;
        int[] strides = new int[rank];
        shape = new int[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            shape[axis] = a[order[axis]];
            strides[axis] = Shapes.Count(a.Shape[(order[axis] + 1)..]);
        }

        T[] result = GC.AllocateUninitializedArray<T>(source.Length);
        int[] at = new int[rank];
        int place = 0;
        int run = rank > 0 && order[^1] == rank - 1 ? shape[^1] : 1;
        int counted = run == 1 ? rank : rank - 1;
        for (int i = 0; i < result.Length; i += run)
        {
            source.AsSpan(place, run).CopyTo(result.AsSpan(i));
            for (int axis = counted - 1; axis >= 0; axis--)
            {
                place += strides[axis];
                if (++at[axis] < shape[axis])
                {
                    break;
                }

                place -= strides[axis] * shape[axis];
                at[axis] = 0;
            }
        }

        return result;
    }

    private static T[] Sliced<T>(T[] source, BackendArray a, int axis, int start, int count, int step)
    {
        (int outer, int extent, int inner) = Shapes.Around(a, axis);
        T[] result = GC.AllocateUninitializedArray<T>(outer * count * inner);
        for (int i = 0; i < outer; i++)
        {
            ReadOnlySpan<T> from = source.AsSpan(i * extent * inner, extent * inner);
            Span<T> to = result.AsSpan(i * count * inner, count * inner);
            if (step == 1)
            {
                from.Slice(start * inner, count * inner).CopyTo(to);
                continue;
            }

            for (int j = 0; j < count; j++)
            {
                from.Slice((start + (j * step)) * inner, inner).CopyTo(to[(j * inner)..]);
            }
        }

        return result;
    }
}
