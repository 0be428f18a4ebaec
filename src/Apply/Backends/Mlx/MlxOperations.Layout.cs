using Transfuse.Apply.Backends.Managed;
using Transfuse.Apply.Backends.Mlx.Native;

namespace Transfuse.Apply.Backends.Mlx;

/// <content>Operations that move elements.</content>
internal sealed unsafe partial class MlxOperations
{
    public MlxArray Reshape(BackendArray a, int[] shape)
    {
        MlxArray x = Own(a);
        fixed (int* extents = shape)
        {
            ArrayHandle result = default;
            ErrorFunctions.Check(OpsFunctions.Reshape(&result, x.Handle, extents, (nuint)shape.Length, _stream), "reshape");
            return Scoped(MlxArray.Own(result, x.IsWeak, x.Limits));
        }
    }

    public MlxArray Permute(BackendArray a, int[] axes)
    {
        MlxArray x = Own(a);
        fixed (int* order = axes)
        {
            ArrayHandle result = default;
            return Made(OpsFunctions.TransposeAxes(&result, x.Handle, order, (nuint)axes.Length, _stream), result, "transpose");
        }
    }

    public MlxArray Slice(BackendArray a, int axis, int start, int count, int stride)
    {
        MlxArray x = Own(a);
        axis = Shapes.Axis(a, axis);

        // MLX would bring the limits into range.
        if (start < 0 || count < 0 || stride < 1 || (count > 0 && start + ((long)(count - 1) * stride) >= a[axis]))
        {
            throw new ArgumentException($"{count} elements from {start} by {stride} are not in axis {axis} of {a}.", nameof(count));
        }

        int rank = a.Rank;
        int* from = stackalloc int[rank], to = stackalloc int[rank], by = stackalloc int[rank];
        for (int i = 0; i < rank; i++)
        {
            (from[i], to[i], by[i]) = i == axis ? (start, count == 0 ? start : start + ((count - 1) * stride) + 1, stride) : (0, a[i], 1);
        }

        ArrayHandle result = default;
        return Made(OpsFunctions.Slice(&result, x.Handle, from, (nuint)rank, to, (nuint)rank, by, (nuint)rank, _stream), result, "slice");
    }

    public MlxArray Concat(int axis, ReadOnlySpan<BackendArray> arrays)
    {
        MlxArray? strong = null;
        foreach (BackendArray array in arrays)
        {
            strong ??= Own(array).IsWeak ? null : Own(array);
        }

        ArrayHandle[] handles = new ArrayHandle[arrays.Length];
        for (int i = 0; i < handles.Length; i++)
        {
            handles[i] = Cast(Float(arrays[i]), strong?.DType ?? MlxDType.Float32).Handle;
        }

        VectorHandle vector = Vector(handles);
        try
        {
            ArrayHandle result = default;
            return Made(OpsFunctions.ConcatenateAxis(&result, vector, axis, _stream), result, "concatenate");
        }
        finally
        {
            _ = VectorFunctions.Free(vector);
        }
    }

    public MlxArray Repeat(BackendArray a, int axis, int count)
    {
        MlxArray x = Float(a);
        if (count == 1)
        {
            return x;
        }

        ArrayHandle result = default;
        return Made(OpsFunctions.RepeatAxis(&result, x.Handle, count, Shapes.Axis(a, axis), _stream), result, "repeat");
    }

    public MlxArray TakeAlong(BackendArray a, BackendArray indices)
    {
        MlxArray x = Float(a), index = Integer(indices);
        if (a.Rank != indices.Rank || !a.Shape[..^1].SequenceEqual(indices.Shape[..^1]))
        {
            throw new ArgumentException($"{indices} does not index {a}.", nameof(indices));
        }

        RequireBelow(index, a[^1]);
        ArrayHandle result = default;
        return Made(OpsFunctions.TakeAlongAxis(&result, x.Handle, index.Handle, -1, _stream), result, "take_along_axis");
    }

    public MlxArray Take(BackendArray a, BackendArray indices)
    {
        MlxArray x = Float(a), index = Integer(indices);
        RequireBelow(index, a[0]);
        return Rows(x, index);
    }

    private MlxArray Rows(MlxArray x, MlxArray index)
    {
        ArrayHandle result = default;
        return Made(OpsFunctions.TakeAxis(&result, x.Handle, index.Handle, 0, _stream), result, "take");
    }

    private MlxArray Transposed(MlxArray x)
    {
        ArrayHandle result = default;
        return Made(OpsFunctions.Swapaxes(&result, x.Handle, -1, -2, _stream), result, "swapaxes");
    }
}
