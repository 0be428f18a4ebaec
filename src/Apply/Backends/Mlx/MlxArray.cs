using Transfuse.Apply.Backends.Mlx.Native;

namespace Transfuse.Apply.Backends.Mlx;

/// <summary>An array of MLX, computed or not yet. Made and read on the MLX thread.</summary>
internal sealed class MlxArray : BackendArray, IDisposable
{
    private nint _context;
    private int _holds;

    private MlxArray(ArrayHandle handle, MlxDType dtype, ReadOnlySpan<int> shape)
        : base(dtype == MlxDType.Int32 ? ElementType.Int32 : ElementType.Float32, shape)
    {
        _context = handle.Context;
        DType = dtype;
    }

    ~MlxArray()
    {
        if (_context != 0)
        {
            MlxThread.Shared.Drop(_context);
        }
    }

    /// <summary>How MLX stores the elements: in a computation in the weights' dtype, floats may have 16 bits.</summary>
    public MlxDType DType { get; }

    /// <summary>Smallest and largest element of integers that came from outside; indices can be checked without computing anything.</summary>
    public (int Least, int Most)? Limits { get; init; }

    /// <summary>Made of numbers of the caller in float32: it takes the dtype of what it meets.</summary>
    public bool IsWeak { get; init; }

    /// <summary>Whether a scope will free it at its end.</summary>
    public bool IsScoped { get; set; }

    /// <summary>Whether its handle is gone.</summary>
    public bool IsFreed => _context == 0;

    /// <summary>Whether someone holds it.</summary>
    public bool IsHeld => _holds > 0;

    /// <summary>The handle; it stays this object's.</summary>
    public ArrayHandle Handle => _context != 0 ? new ArrayHandle { Context = _context }
        : throw new ObjectDisposedException(nameof(BackendArray), $"{this} was let go at the end of the work that made it.");

    /// <summary>Takes a new handle over.</summary>
    public static unsafe MlxArray Own(ArrayHandle handle, bool isWeak = false, (int Least, int Most)? limits = null)
    {
        MlxThread.Shared.Count();
        int rank = (int)ArrayFunctions.Ndim(handle);
        var shape = new ReadOnlySpan<int>(rank == 0 ? null : ArrayFunctions.Shape(handle), rank);
        return new MlxArray(handle, ArrayFunctions.Dtype(handle), shape) { IsWeak = isWeak, Limits = limits };
    }

    /// <inheritdoc />
    public override void Hold() => Interlocked.Increment(ref _holds);

    /// <inheritdoc />
    public override void Release()
    {
        if (Interlocked.Decrement(ref _holds) > 0 || IsScoped)
        {
            return;
        }

        // What takes its place may be made of it a line later.
        if (MlxThread.Shared.IsCurrent && MlxScope.Current is { } scope)
        {
            scope.Add(this);
        }
        else
        {
            Dispose();
        }
    }

    /// <summary>Frees the handle, now on the MLX thread or soon from another.</summary>
    public void Dispose()
    {
        nint context = Interlocked.Exchange(ref _context, 0);
        if (context == 0)
        {
            return;
        }

        GC.SuppressFinalize(this);
        if (MlxThread.Shared.IsCurrent)
        {
            MlxThread.Shared.Free(context);
        }
        else
        {
            MlxThread.Shared.Drop(context);
        }
    }
}
