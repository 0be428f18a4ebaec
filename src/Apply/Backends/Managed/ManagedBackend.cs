using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Backends.Managed;

/// <summary>
/// The backend that runs anywhere: float32 arithmetic in managed code on all cores. Weights stay where they are and are read in blocks of rows
/// whenever an operation needs them, so that a model may be larger than memory. Results do not depend on the number of threads.
/// </summary>
public sealed partial class ManagedBackend : ITensorBackend
{
    private readonly ParallelOptions _parallel;

    /// <summary>Makes a backend.</summary>
    /// <param name="threads">How many threads work at a time; 0 for as many as there are cores.</param>
    public ManagedBackend(int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        Threads = threads == 0 ? Environment.ProcessorCount : threads;
        _parallel = new ParallelOptions { MaxDegreeOfParallelism = Threads };
    }

    /// <summary>How many threads work at a time.</summary>
    public int Threads { get; }

    /// <inheritdoc />
    public string Name => "managed";

    /// <inheritdoc />
    public BackendArray FromSingles(ReadOnlySpan<float> values, params ReadOnlySpan<int> shape) => new ManagedArray(Checked(values, shape), shape);

    /// <inheritdoc />
    public BackendArray FromIntegers(ReadOnlySpan<int> values, params ReadOnlySpan<int> shape) => new ManagedArray(Checked(values, shape), shape);

    /// <inheritdoc />
    public BackendArray Read(LazyTensor tensor)
    {
        float[] values = tensor.ToSingles();
        return new ManagedArray(values, [.. tensor.Shape.Dimensions.Select(extent => (int)extent)]);
    }

    /// <inheritdoc />
    public BackendWeight Open(WeightSource source) => new ManagedWeight(source);

    /// <inheritdoc />
    public float[] ToSingles(BackendArray array) => (float[])Floats(array).Clone();

    /// <inheritdoc />
    public int[] ToIntegers(BackendArray array) => (int[])Integers(array).Clone();

    /// <inheritdoc />
    public void Evaluate(params ReadOnlySpan<BackendArray> arrays)
    {
        // Everything is computed at once already.
    }

    /// <inheritdoc />
    public void Begin(params ReadOnlySpan<BackendArray> arrays)
    {
        // Likewise.
    }

    /// <inheritdoc />
    public void Dispose()
    {
        // Arrays are the garbage collector's, files their owner's.
    }

    private static T[] Checked<T>(ReadOnlySpan<T> values, ReadOnlySpan<int> shape) => values.Length == Shapes.Count(shape)
        ? values.ToArray()
        : throw new ArgumentException($"{values.Length} elements do not fill ({string.Join(", ", shape.ToArray())}).", nameof(values));

    private static float[] Floats(BackendArray array) => array is ManagedArray { Type: ElementType.Float32 } managed
        ? managed.Singles
        : throw new ArgumentException($"{array} is not a float32 array of this backend.", nameof(array));

    private static int[] Integers(BackendArray array) => array is ManagedArray { Type: ElementType.Int32 } managed
        ? managed.Integers
        : throw new ArgumentException($"{array} is not an int32 array of this backend.", nameof(array));

    private static float[] New(int count) => GC.AllocateUninitializedArray<float>(count);

    // Small work is done here: threads would cost more than they save.
    private void Run(int count, long operations, Action<int> work)
    {
        const long WorthThreads = 1 << 16;
        if (count == 1 || Threads == 1 || operations < WorthThreads)
        {
            for (int i = 0; i < count; i++)
            {
                work(i);
            }

            return;
        }

        Parallel.For(0, count, _parallel, work);
    }
}
