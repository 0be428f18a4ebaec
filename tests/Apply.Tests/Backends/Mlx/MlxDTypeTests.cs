using System.Runtime.InteropServices;
using Transfuse.Apply.Backends;
using Transfuse.Apply.Backends.Mlx;
using Transfuse.Apply.Tests.Support;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Tests.Backends.Mlx;

/// <summary>In which dtype, and in which order, MLX computes.</summary>
public class MlxDTypeTests
{
    [Fact]
    public void Sixteen_bits_round_unless_widened()
    {
        using MlxBackend backend = InWeights();
        BackendArray a = backend.Read(Halves(1.0f, 3)), b = backend.Read(Halves(0.0048828125f, 3));

        float[] rounded = backend.ToSingles(backend.Add(a, b)), wide = backend.ToSingles(backend.Add(backend.Widen(a), backend.Widen(b)));

        // bfloat16 has eight bits: the next number after 1 is 1.0078125.
        Assert.Equal([1.0078125f, 1.0078125f, 1.0078125f], rounded);
        Assert.Equal([1.0048828125f, 1.0048828125f, 1.0048828125f], wide);
        Assert.Equal(rounded, backend.ToSingles(backend.CastLike(backend.Add(backend.Widen(a), backend.Widen(b)), a)));
    }

    [Fact]
    public void What_meets_sixteen_bits_in_float32_is_rounded()
    {
        using MlxBackend backend = InWeights();
        BackendArray sum = backend.Add(backend.Read(Halves(1.0f, 2)), backend.FromSingles([0.0048828125f, 0.0048828125f], 2));

        Assert.Equal([1.0078125f, 1.0078125f], backend.ToSingles(sum));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void A_factor_that_lies_by_columns_gives_the_bits_of_the_matrix_itself(int rows)
    {
        const int In = 300, Out = 9;
        using var backend = new MlxBackend(TestBackends.Library, new MlxOptions { OnCpu = true });
        var random = new Random(rows);
        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
        float[] matrix = Numbers(In * Out), x = Numbers(rows * In);
        var stored = new MemoryTensor(DType.F32, new TensorShape(In, Out), MemoryMarshal.AsBytes(matrix.AsSpan()).ToArray());
        BackendWeight weight = backend.Open(new WeightSource("a", stored.Transpose()) { ColumnMajor = true });

        float[] expected = backend.ToSingles(backend.MatMul(backend.FromSingles(x, rows, In), backend.FromSingles(matrix, In, Out)));

        Assert.Equal(expected, backend.ToSingles(backend.Linear(backend.FromSingles(x, rows, In), weight, null)));
    }

    [Fact]
    public void The_powers_of_a_base_are_those_of_MLX()
    {
        // exp(-j log(base) / n) in float32 is not always the float32 nearest to base^(-j/n).
        const int Position = 100_000;
        using var backend = new MlxBackend(TestBackends.Library, new MlxOptions { OnCpu = true });
        var powers = new RotaryFrequencies(64, 500_000);
        BackendArray x = backend.FromSingles([.. Enumerable.Repeat(1f, 32), .. Enumerable.Repeat(0f, 32)], 1, 1, 1, 64);

        float[] ofMlx = backend.ToSingles(backend.Rope(x, powers, Position, false));
        float[] nearest = backend.ToSingles(backend.Rope(x, new RotaryFrequencies(powers.Values), Position, false));

        Assert.NotEqual(nearest, ofMlx);
        Assert.All(nearest.Zip(ofMlx), pair => Assert.Equal(pair.First, pair.Second, 0.05f));
    }

    private static MlxBackend InWeights() => new(TestBackends.Library, new MlxOptions { OnCpu = true, Compute = MlxCompute.Weights });

    private static MemoryTensor Halves(float value, int count)
    {
        ushort bits = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
        return new MemoryTensor(DType.BF16, new TensorShape(count), MemoryMarshal.AsBytes(Enumerable.Repeat(bits, count).ToArray().AsSpan()).ToArray());
    }
}
