using BenchmarkDotNet.Attributes;
using Transfuse.Formats.Tensors;

namespace Transfuse.Benchmarks;

/// <summary>The transpose of a factor against a plain copy of its bytes.</summary>
public class TransposeBenchmark
{
    private byte[] _bytes = [];
    private byte[] _destination = [];
    private LazyTensor _transposed = null!;

    [Params(DType.BF16, DType.F32)]
    public DType DType { get; set; }

    [Params(64, 14336)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        int columns = Rows == 64 ? 4096 : 64;
        _bytes = new byte[(long)Rows * columns * DType.BitSize() / 8];
        new Random(1).NextBytes(_bytes);
        _destination = new byte[_bytes.Length];
        _transposed = new MemoryTensor(DType, new TensorShape(Rows, columns), _bytes).Transpose();
    }

    [Benchmark(Baseline = true)]
    public void Copy() => _bytes.CopyTo(_destination.AsSpan());

    [Benchmark]
    public void Transpose() => _transposed.CopyTo(_destination);
}
