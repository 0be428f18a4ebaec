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

    [Fact]
    public void The_dtypes_are_told_apart()
    {
        using MlxBackend backend = InWeights();
        BackendArray half = backend.Read(new MemoryTensor(DType.F16, new TensorShape(1), new byte[] { 0, 0x3C })), brain = backend.Read(Halves(1, 1));

        Assert.True(backend.IsFloat16(half));
        Assert.False(backend.IsFloat16(brain) || backend.IsFloat16(backend.Widen(half)));
        Assert.True(backend.IsFloat16(backend.CastLike(brain, half)));
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 2)]
    public void Experts_in_sixteen_bits_are_gathered_in_float32_on_the_CPU(int tokens, int chosen)
    {
        const int Experts = 4, In = 5, Out = 3;
        using MlxBackend backend = InWeights();
        using var wide = new MlxBackend(TestBackends.Library, new MlxOptions { OnCpu = true });
        var random = new Random(7);
        ushort[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (ushort)(BitConverter.SingleToUInt32Bits(random.Next(-8, 9) / 8f) >> 16))];
        MemoryTensor Stored(int[] shape) => new(
            DType.BF16, new TensorShape([.. shape.Select(extent => (long)extent)]),
            MemoryMarshal.AsBytes(Numbers(shape.Aggregate(1, (all, extent) => all * extent)).AsSpan()).ToArray());
        MemoryTensor x = Stored([tokens, 1, In]), stack = Stored([Experts, Out, In]);
        int[] experts = [.. Enumerable.Range(0, tokens * chosen).Select(index => (3 * index) % Experts)];
        float[] Run(MlxBackend on) => on.ToSingles(
            on.SwitchLinear(on.Read(x), on.Open(new WeightSource("w", stack)), null, on.FromIntegers(experts, tokens, chosen)));

        // Eighths, and few of them: bfloat16 holds the sums.
        Assert.All(Run(wide).Zip(Run(backend)), pair => Assert.Equal(pair.First, pair.Second, 0.02f));
        Assert.Contains(Run(wide), value => Math.Abs(value) > 0.5);
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
