using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Backends.Mlx;

/// <summary>
/// MLX through mlx-c: Metal, CUDA or the CPU, as the library was built. Operations only note what is to be done; reading back and
/// <see cref="Evaluate"/> do it. All calls are made on one thread of the process, to which every operation goes by itself; <see cref="Run{T}"/>
/// goes there once for many. Backends, models and caches may be disposed in any order and from any thread.
/// Operations throw <see cref="ArgumentException"/> with MLX's message where shapes do not fit, and <see cref="MlxException"/> where a computation fails.
/// </summary>
/// <example>
/// <code>
/// if (MlxLibrary.Find().Library is { } library)
/// {
///     using var mlx = new MlxBackend(library);
///     using LanguageModel llama = LanguageModel.Load("models/llama", mlx);
/// }
/// </code>
/// </example>
public sealed class MlxBackend : ITensorBackend
{
    private readonly MlxOperations _operations;
    private bool _disposed;

    /// <summary>Makes a backend.</summary>
    /// <param name="library">The library, loaded.</param>
    /// <param name="options">How it computes; the defaults where null.</param>
    /// <exception cref="MlxException">The device cannot be used.</exception>
    public MlxBackend(MlxLibrary library, MlxOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(library);
        Library = library;
        Options = options ?? new MlxOptions();
        (_operations, IsOnGpu) = MlxThread.Shared.Invoke(() =>
        {
            bool onGpu = !Options.OnCpu && MlxDevice.IsGpuDefault();
            bool expands = onGpu && MlxCuda.ExpandsRowsOfOneGroup(MlxDevice.Describe(onGpu).Architecture);
            return (new MlxOperations(MlxDevice.Stream(onGpu), Options, new MlxGaps(expands, !onGpu)), onGpu);
        });
    }

    /// <summary>Number of arrays of MLX that this process holds: 0 when all is let go.</summary>
    public static long LiveArrays => MlxThread.Shared.Invoke(() =>
    {
        MlxThread.Shared.FreeDropped();
        return MlxThread.Shared.LiveArrays;
    });

    /// <summary>Bytes of the arrays that MLX holds, without those that it keeps for reuse.</summary>
    /// <exception cref="MlxException">MLX does not tell.</exception>
    public static long ActiveMemory => MlxThread.Shared.Invoke(() =>
    {
        MlxThread.Shared.FreeDropped();
        return MlxDevice.ActiveMemory();
    });

    /// <summary>The library.</summary>
    public MlxLibrary Library { get; }

    /// <summary>How it computes.</summary>
    public MlxOptions Options { get; }

    /// <summary>Whether it computes on a GPU.</summary>
    public bool IsOnGpu { get; }

    /// <inheritdoc />
    public string Name => IsOnGpu ? "mlx" : "mlx-cpu";

    /// <summary>The device.</summary>
    public MlxDeviceInfo Device => Call(() => MlxDevice.Describe(IsOnGpu));

    /// <inheritdoc />
    public T Run<T>(Func<T> work) => MlxThread.Shared.Invoke(() =>
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        MlxScope scope = MlxScope.Begin();
        try
        {
            return work();
        }
        finally
        {
            scope.End();
        }
    });

    /// <inheritdoc />
    public BackendArray FromSingles(ReadOnlySpan<float> values, params ReadOnlySpan<int> shape)
    {
        int[] extents = shape.ToArray();
        if (MlxThread.Shared.IsCurrent)
        {
            return _operations.FromSingles(values, extents);
        }

        float[] copy = values.ToArray();
        return Call(() => _operations.FromSingles(copy, extents));
    }

    /// <inheritdoc />
    public BackendArray FromIntegers(ReadOnlySpan<int> values, params ReadOnlySpan<int> shape)
    {
        int[] copy = values.ToArray(), extents = shape.ToArray();
        return Call(() => _operations.FromIntegers(copy, extents));
    }

    /// <inheritdoc />
    public BackendArray Read(LazyTensor tensor) => Call(() => _operations.Parameter(tensor));

    /// <inheritdoc />
    public BackendWeight Open(WeightSource source) => new MlxWeight(source);

    /// <inheritdoc />
    public float[] ToSingles(BackendArray array) => Compute(() => _operations.ToSingles(array));

    /// <inheritdoc />
    public int[] ToIntegers(BackendArray array) => Compute(() => _operations.ToIntegers(array));

    /// <inheritdoc />
    public void Evaluate(params ReadOnlySpan<BackendArray> arrays)
    {
        BackendArray[] copy = arrays.ToArray();
        _ = Compute(() => MlxOperations.Evaluate(copy));
    }

    /// <inheritdoc />
    public void Begin(params ReadOnlySpan<BackendArray> arrays)
    {
        BackendArray[] copy = arrays.ToArray();
        _ = Compute(() => Options.KeepsWeights ? MlxOperations.Begin(copy) : MlxOperations.Evaluate(copy));
    }

    /// <inheritdoc />
    public BackendArray Add(BackendArray a, BackendArray b) => Call(() => _operations.Add(a, b));

    /// <inheritdoc />
    public BackendArray Subtract(BackendArray a, BackendArray b) => Call(() => _operations.Subtract(a, b));

    /// <inheritdoc />
    public BackendArray Multiply(BackendArray a, BackendArray b) => Call(() => _operations.Multiply(a, b));

    /// <inheritdoc />
    public BackendArray Divide(BackendArray a, BackendArray b) => Call(() => _operations.Divide(a, b));

    /// <inheritdoc />
    public BackendArray Minimum(BackendArray a, BackendArray b) => Call(() => _operations.Minimum(a, b));

    /// <inheritdoc />
    public BackendArray Maximum(BackendArray a, BackendArray b) => Call(() => _operations.Maximum(a, b));

    /// <inheritdoc />
    public BackendArray Widen(BackendArray a) => Call(() => _operations.Widen(a));

    /// <inheritdoc />
    public bool IsFloat16(BackendArray a) => Call(() => MlxOperations.IsFloat16(a));

    /// <inheritdoc />
    public BackendArray CastLike(BackendArray a, BackendArray other) => Call(() => _operations.CastLike(a, other));

    /// <inheritdoc />
    public BackendArray Where(BackendArray condition, BackendArray a, BackendArray b) => Call(() => _operations.Where(condition, a, b));

    /// <inheritdoc />
    public BackendArray Affine(BackendArray a, float factor, float offset) => Call(() => _operations.Affine(a, factor, offset));

    /// <inheritdoc />
    public BackendArray Clip(BackendArray a, float lowest, float highest) => Call(() => _operations.Clip(a, lowest, highest));

    /// <inheritdoc />
    public BackendArray Apply(UnaryOperation operation, BackendArray a) => Call(() => _operations.Apply(operation, a));

    /// <inheritdoc />
    public BackendArray Reshape(BackendArray a, params ReadOnlySpan<int> shape)
    {
        int[] extents = shape.ToArray();
        return Call(() => _operations.Reshape(a, extents));
    }

    /// <inheritdoc />
    public BackendArray Permute(BackendArray a, params ReadOnlySpan<int> axes)
    {
        int[] order = axes.ToArray();
        return Call(() => _operations.Permute(a, order));
    }

    /// <inheritdoc />
    public BackendArray Slice(BackendArray a, int axis, int start, int count, int stride = 1) => Call(() => _operations.Slice(a, axis, start, count, stride));

    /// <inheritdoc />
    public BackendArray Concat(int axis, params ReadOnlySpan<BackendArray> arrays)
    {
        BackendArray[] copy = arrays.ToArray();
        return Call(() => _operations.Concat(axis, copy));
    }

    /// <inheritdoc />
    public BackendArray Repeat(BackendArray a, int axis, int count) => Call(() => _operations.Repeat(a, axis, count));

    /// <inheritdoc />
    public BackendArray Sum(BackendArray a, int axis) => Call(() => _operations.Sum(a, axis));

    /// <inheritdoc />
    public BackendArray Max(BackendArray a, int axis) => Call(() => _operations.Max(a, axis));

    /// <inheritdoc />
    public BackendArray Softmax(BackendArray a) => Call(() => _operations.Softmax(a));

    /// <inheritdoc />
    public BackendArray TopK(BackendArray a, int k) => Call(() => _operations.TopK(a, k));

    /// <inheritdoc />
    public BackendArray TakeAlong(BackendArray a, BackendArray indices) => Call(() => _operations.TakeAlong(a, indices));

    /// <inheritdoc />
    public BackendArray Take(BackendArray a, BackendArray indices) => Call(() => _operations.Take(a, indices));

    /// <inheritdoc />
    public BackendArray RmsNorm(BackendArray x, BackendArray? weight, float epsilon) => Call(() => _operations.RmsNorm(x, weight, epsilon));

    /// <inheritdoc />
    public BackendArray LayerNorm(BackendArray x, BackendArray? weight, BackendArray? bias, float epsilon) =>
        Call(() => _operations.LayerNorm(x, weight, bias, epsilon));

    /// <inheritdoc />
    public BackendArray Rope(BackendArray x, RotaryFrequencies frequencies, int offset, bool interleaved) =>
        Call(() => _operations.Rope(x, frequencies, offset, interleaved));

    /// <inheritdoc />
    public BackendArray MatMul(BackendArray a, BackendArray b) => Call(() => _operations.MatMul(a, b));

    /// <inheritdoc />
    public BackendArray Linear(BackendArray x, BackendWeight weight, BackendArray? bias) => Call(() => _operations.Linear(x, weight, bias));

    /// <inheritdoc />
    public BackendArray SwitchLinear(BackendArray x, BackendWeight weight, BackendArray? bias, BackendArray indices) =>
        Call(() => _operations.SwitchLinear(x, weight, bias, indices));

    /// <inheritdoc />
    public BackendArray StackLinear(BackendArray x, BackendWeight weight) => Call(() => _operations.StackLinear(x, weight));

    /// <inheritdoc />
    public BackendArray Embed(BackendWeight weight, BackendArray ids) => Call(() => _operations.Embed(weight, ids));

    /// <inheritdoc />
    public BackendArray RowNorms(BackendWeight weight, BackendArray? left, BackendArray? right, float scale) =>
        Call(() => _operations.RowNorms(weight, left, right, scale));

    /// <inheritdoc />
    public BackendArray Attention(
        BackendArray queries, BackendArray keys, BackendArray values, float scale, BackendArray? mask, BackendArray? sinks, float softcap) =>
        Call(() => _operations.Attention(queries, keys, values, scale, mask, sinks, softcap));

    /// <inheritdoc />
    public BackendArray CausalConvolution(BackendArray x, BackendArray weight, BackendArray? bias) =>
        Call(() => _operations.CausalConvolution(x, weight, bias));

    /// <inheritdoc />
    public void Dispose()
    {
        // Arrays belong to those who hold them, streams to the process.
        _disposed = true;
    }

    // Until a graph is computed, MLX objects only to shapes and dtypes.
    private T Call<T>(Func<T> operation)
    {
        try
        {
            return Compute(operation);
        }
        catch (MlxException refused)
        {
            throw new ArgumentException(refused.Message, refused);
        }
    }

    private T Compute<T>(Func<T> operation)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return MlxThread.Shared.Invoke(operation);
    }
}
