using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Transfuse.Apply.Backends.Mlx.Native;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Backends.Mlx;

/// <summary>The operations themselves. Only on the MLX thread.</summary>
internal sealed unsafe partial class MlxOperations
{
    // Tensors are read in pieces of whole rows: a span has no more than 2^31 bytes.
    private const long PieceBytes = 64 << 20;

    private readonly StreamHandle _stream;
    private readonly MlxCompute _compute;
    private readonly MlxGaps _gaps;
    private readonly ConditionalWeakTable<LazyTensor, MlxArray> _parameters = [];

    public MlxOperations(StreamHandle stream, MlxOptions options, MlxGaps gaps)
    {
        _stream = stream;
        _gaps = gaps;
        _compute = options.Compute;
        KeepsWeights = options.KeepsWeights;
    }

    private delegate int Unary(ArrayHandle* result, ArrayHandle a, StreamHandle stream);

    private delegate int Binary(ArrayHandle* result, ArrayHandle a, ArrayHandle b, StreamHandle stream);

    /// <summary>Whether weights stay once they were read.</summary>
    public bool KeepsWeights { get; }

    public MlxArray FromSingles(ReadOnlySpan<float> values, int[] shape)
    {
        RequireCount(values.Length, shape);
        fixed (float* data = values)
        {
            return Data(data, shape, MlxDType.Float32, isWeak: true);
        }
    }

    public MlxArray FromIntegers(ReadOnlySpan<int> values, int[] shape)
    {
        RequireCount(values.Length, shape);
        (int least, int most) = (int.MaxValue, int.MinValue);
        foreach (int value in values)
        {
            (least, most) = (Math.Min(least, value), Math.Max(most, value));
        }

        fixed (int* data = values)
        {
            return Data(data, shape, MlxDType.Int32, limits: values.IsEmpty ? null : (least, most));
        }
    }

    /// <summary>A small parameter, read once for as long as its tensor lives.</summary>
    public MlxArray Parameter(LazyTensor tensor)
    {
        if (_parameters.TryGetValue(tensor, out MlxArray? known) && !known.IsFreed)
        {
            return known;
        }

        MlxArray read = Read(tensor);
        read.Hold();
        _parameters.AddOrUpdate(tensor, read);
        return read;
    }

    /// <summary>A tensor in the dtype of the computation: floats widened to float32 or as they are, integers as they are.</summary>
    public MlxArray Read(LazyTensor tensor)
    {
        if (tensor.DType == DType.F64)
        {
            tensor = tensor.Cast(DType.F32);
        }

        MlxDType dtype = tensor.DType switch
        {
            DType.F32 => MlxDType.Float32,
            DType.F16 => MlxDType.Float16,
            DType.BF16 => MlxDType.BFloat16,
            DType.U32 => MlxDType.UInt32,
            DType.U8 => MlxDType.UInt8,
            _ => throw new ArgumentException($"{tensor.DType} is not read.", nameof(tensor)),
        };
        int[] shape = [.. tensor.Shape.Dimensions.Select(extent => checked((int)extent))];
        void* bytes = NativeMemory.Alloc((nuint)Math.Max(1, tensor.ByteLength));
        try
        {
            Fill(tensor, (byte*)bytes);
            MlxArray stored = Data(bytes, shape, dtype);
            if (_compute != MlxCompute.Float32 || dtype is not (MlxDType.Float16 or MlxDType.BFloat16))
            {
                return stored;
            }

            MlxArray widened = Cast(stored, MlxDType.Float32);
            Evaluate([widened.Handle]);
            stored.Dispose();
            return widened;
        }
        finally
        {
            NativeMemory.Free(bytes);
        }
    }

    public float[] ToSingles(BackendArray array)
    {
        using Temporary dense = Dense(Cast(Float(array), MlxDType.Float32).Handle);
        float[] result = GC.AllocateUninitializedArray<float>(checked((int)ArrayFunctions.Size(dense.Handle)));
        if (result.Length > 0)
        {
            float* data = ArrayFunctions.DataFloat32(dense.Handle);
            new ReadOnlySpan<float>(data == null ? throw ErrorFunctions.Failure("data_float32") : data, result.Length).CopyTo(result);
        }

        return result;
    }

    public int[] ToIntegers(BackendArray array)
    {
        using Temporary dense = Dense(Integer(array).Handle);
        int[] result = GC.AllocateUninitializedArray<int>(checked((int)ArrayFunctions.Size(dense.Handle)));
        if (result.Length > 0)
        {
            int* data = ArrayFunctions.DataInt32(dense.Handle);
            new ReadOnlySpan<int>(data == null ? throw ErrorFunctions.Failure("data_int32") : data, result.Length).CopyTo(result);
        }

        return result;
    }

    public static bool Evaluate(ReadOnlySpan<BackendArray> arrays) => Evaluate(Handles(arrays));

    public static bool Begin(ReadOnlySpan<BackendArray> arrays) => Compute(TransformsFunctions.AsyncEval, Handles(arrays), "async_eval");

    private static ArrayHandle[] Handles(ReadOnlySpan<BackendArray> arrays)
    {
        ArrayHandle[] handles = new ArrayHandle[arrays.Length];
        for (int i = 0; i < handles.Length; i++)
        {
            handles[i] = Own(arrays[i]).Handle;
        }

        return handles;
    }

    private static bool Evaluate(ReadOnlySpan<ArrayHandle> handles) => Compute(TransformsFunctions.Eval, handles, "eval");

    private static bool Compute(Func<VectorHandle, int> function, ReadOnlySpan<ArrayHandle> handles, string operation)
    {
        if (handles.IsEmpty)
        {
            return true;
        }

        VectorHandle vector = Vector(handles);
        try
        {
            ErrorFunctions.Check(function(vector), operation);
            return true;
        }
        finally
        {
            _ = VectorFunctions.Free(vector);
        }
    }

    private static VectorHandle Vector(ReadOnlySpan<ArrayHandle> handles)
    {
        fixed (ArrayHandle* first = handles)
        {
            VectorHandle vector = VectorFunctions.NewData(first, (nuint)handles.Length);
            return vector.Context != 0 ? vector : throw ErrorFunctions.Failure("vector_array_new_data");
        }
    }

    private static void Fill(LazyTensor tensor, byte* bytes)
    {
        if (!tensor.SupportsRanges || tensor.ByteLength <= PieceBytes)
        {
            tensor.CopyTo(new Span<byte>(bytes, checked((int)tensor.ByteLength)));
            return;
        }

        long row = Math.Max(1, tensor.Shape[^1] * (tensor.DType.BitSize() / 8)), piece = Math.Max(row, PieceBytes / row * row);
        for (long at = 0; at < tensor.ByteLength; at += piece)
        {
            tensor.ReadRange(at, new Span<byte>(bytes + at, checked((int)Math.Min(piece, tensor.ByteLength - at))));
        }
    }

    private static void RequireCount(int count, int[] shape)
    {
        if (count != Managed.Shapes.Count(shape))
        {
            throw new ArgumentException($"{count} elements do not fill ({string.Join(", ", shape)}).", nameof(count));
        }
    }

    private static MlxArray Own(BackendArray array) =>
        array as MlxArray ?? throw new ArgumentException($"{array} is not an array of this backend.", nameof(array));

    private static MlxArray Float(BackendArray array) => array is MlxArray { Type: ElementType.Float32 } own ? own
        : throw new ArgumentException($"{array} is not a float32 array of this backend.", nameof(array));

    private static MlxArray Integer(BackendArray array) => array is MlxArray { Type: ElementType.Int32 } own ? own
        : throw new ArgumentException($"{array} is not an int32 array of this backend.", nameof(array));

    private static void RequireBelow(MlxArray indices, int extent)
    {
        if (indices.Limits is { } limits && (limits.Least < 0 || limits.Most >= extent))
        {
            throw new ArgumentException($"Index {(limits.Least < 0 ? limits.Least : limits.Most)} is not below {extent}.", nameof(indices));
        }
    }

    private static ArrayHandle Optional(MlxArray? array) => array?.Handle ?? default;

    private static MlxArray Data(void* data, int[] shape, MlxDType dtype, bool isWeak = false, (int Least, int Most)? limits = null)
    {
        // An empty array has no data, but a null pointer would be an error.
        byte nothing;
        fixed (int* extents = shape)
        {
            ArrayHandle handle = ArrayFunctions.NewData(data == null ? &nothing : data, extents, shape.Length, dtype);
            return handle.Context != 0 ? Scoped(MlxArray.Own(handle, isWeak, limits)) : throw ErrorFunctions.Failure("array_new_data");
        }
    }

    private static MlxArray Scoped(MlxArray array)
    {
        MlxScope.Current?.Add(array);
        return array;
    }

    // What a call made, once it is known to have succeeded.
    private static MlxArray Made(int status, ArrayHandle result, string operation)
    {
        ErrorFunctions.Check(status, operation);
        return Scoped(MlxArray.Own(result));
    }

    private MlxArray Cast(MlxArray a, MlxDType dtype)
    {
        if (a.DType == dtype)
        {
            return a;
        }

        ArrayHandle result = default;
        return Made(OpsFunctions.Astype(&result, a.Handle, dtype, _stream), result, "astype");
    }

    // Row-major and computed, ready to be read.
    private Temporary Dense(ArrayHandle handle)
    {
        ArrayHandle result = default;
        ErrorFunctions.Check(OpsFunctions.Contiguous(&result, handle, 0, _stream), "contiguous");
        var dense = new Temporary(result);
        try
        {
            Evaluate([result]);
            return dense;
        }
        catch
        {
            dense.Dispose();
            throw;
        }
    }

    /// <summary>A number in a dtype: C has no scalars that take the dtype of what they meet.</summary>
    private Temporary Scalar(float value, MlxDType dtype)
    {
        ArrayHandle single = ArrayFunctions.NewFloat32(value);
        if (single.Context == 0)
        {
            throw ErrorFunctions.Failure("array_new_float32");
        }

        if (dtype == MlxDType.Float32)
        {
            return new Temporary(single);
        }

        ArrayHandle cast = default;
        int status = OpsFunctions.Astype(&cast, single, dtype, _stream);
        _ = ArrayFunctions.Free(single);
        ErrorFunctions.Check(status, "astype");
        return new Temporary(cast);
    }

    /// <summary>A handle of a few lines.</summary>
    private readonly struct Temporary : IDisposable
    {
        public Temporary(ArrayHandle handle)
        {
            Handle = handle;
            MlxThread.Shared.Count();
        }

        public ArrayHandle Handle { get; }

        public void Dispose() => MlxThread.Shared.Free(Handle.Context);
    }
}
