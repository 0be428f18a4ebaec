using Transfuse.Formats.Tensors;
using Transfuse.Formats.Tests.Tensors.Support;

namespace Transfuse.Formats.Tests.Tensors;

public class CastTests
{
    public static readonly TheoryData<DType> SmallTypes = [DType.F16, DType.BF16];

    private static readonly ushort[] AllPatterns = [.. Enumerable.Range(0, 65536).Select(pattern => (ushort)pattern)];

    [Theory]
    [MemberData(nameof(SmallTypes))]
    public void Widens_all_patterns_exactly(DType type)
    {
        PlainFloat format = Format(type);
        MemoryTensor all = Values.Of(format, AllPatterns);
        float[] singles = Values.As<float>(TensorBytes.Read(all.Cast(DType.F32)));
        double[] doubles = Values.As<double>(TensorBytes.Read(all.Cast(DType.F64)));
        for (int pattern = 0; pattern < 65536; pattern++)
        {
            double expected = format.Value((uint)pattern);
            AssertSame(expected, singles[pattern]);
            AssertSame(expected, doubles[pattern]);
        }
    }

    [Theory]
    [MemberData(nameof(SmallTypes))]
    public void Survives_there_and_back_through_wider_types(DType type)
    {
        PlainFloat format = Format(type);
        MemoryTensor all = Values.Of(format, AllPatterns);
        foreach (DType wider in new[] { DType.F32, DType.F64 })
        {
            ushort[] back = Values.As<ushort>(TensorBytes.Read(all.Cast(wider).Cast(type)));
            for (int pattern = 0; pattern < 65536; pattern++)
            {
                Assert.True(format.IsNaN((uint)pattern) ? format.IsNaN(back[pattern]) : back[pattern] == pattern, $"{pattern:X4}");
            }
        }
    }

    [Theory]
    [InlineData(DType.F16, DType.BF16)]
    [InlineData(DType.BF16, DType.F16)]
    public void Converts_all_patterns_between_the_small_types(DType from, DType to)
    {
        ushort[] actual = Values.As<ushort>(TensorBytes.Read(Values.Of(Format(from), AllPatterns).Cast(to)));
        for (int pattern = 0; pattern < 65536; pattern++)
        {
            AssertRounded(Format(to), Format(from).Value((uint)pattern), actual[pattern]);
        }
    }

    [Theory]
    [MemberData(nameof(SmallTypes))]
    public void Rounds_singles_at_and_beside_every_tie(DType type)
    {
        PlainFloat format = Format(type);
        var values = new List<float>();
        for (uint magnitude = 0; magnitude < format.Infinity; magnitude++)
        {
            float tie = (float)format.Tie(magnitude);
            Assert.Equal(format.Tie(magnitude), tie);
            values.AddRange([(float)format.Value(magnitude), -MathF.BitDecrement(tie), MathF.BitDecrement(tie), tie, -tie, MathF.BitIncrement(tie)]);
        }

        values.AddRange([float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, -0f]);
        ushort[] actual = Values.As<ushort>(TensorBytes.Read(Values.Of([.. values]).Cast(type)));
        for (int i = 0; i < actual.Length; i++)
        {
            AssertRounded(format, values[i], actual[i]);
        }
    }

    [Theory]
    [MemberData(nameof(SmallTypes))]
    public void Rounds_doubles_once_at_and_beside_every_tie(DType type)
    {
        PlainFloat format = Format(type);
        var values = new List<double>();
        for (uint magnitude = 0; magnitude < format.Infinity; magnitude++)
        {
            double tie = format.Tie(magnitude);
            values.AddRange(
                [format.Value(magnitude), -Math.BitDecrement(tie), Math.BitDecrement(tie), tie, -tie, Math.BitIncrement(tie), -Math.BitIncrement(tie)]);
        }

        values.AddRange([double.MaxValue, double.MinValue, double.PositiveInfinity, double.Epsilon, -double.Epsilon, -0d, 1e-46, 3.5e38]);
        ushort[] actual = Values.As<ushort>(TensorBytes.Read(Values.Of([.. values]).Cast(type)));
        for (int i = 0; i < actual.Length; i++)
        {
            AssertRounded(format, values[i], actual[i]);
        }
    }

    [Fact]
    public void Would_round_twice_through_single()
    {
        double justAboveTie = Math.BitIncrement(PlainFloat.BFloat.Tie(0x3F80));
        Assert.Equal(0x3F80u, PlainFloat.BFloat.Round((float)justAboveTie));
        Assert.Equal([0x3F81], Values.As<ushort>(TensorBytes.Read(Values.Of(justAboveTie).Cast(DType.BF16))));
    }

    [Fact]
    public void Rounds_doubles_to_single_at_and_beside_ties()
    {
        var random = new Random(4);
        var values = new List<double> { double.MaxValue, -double.MaxValue, double.NegativeInfinity, double.Epsilon, -0d };
        foreach (uint fixedMagnitude in new uint[] { 0, 1, 2, 0x007F_FFFF, 0x0080_0000, 0x7F7F_FFFE, 0x7F7F_FFFF })
        {
            AddAround(fixedMagnitude);
        }

        for (int i = 0; i < 5000; i++)
        {
            AddAround((uint)random.Next(0x7F80_0000));
        }

        uint[] actual = Values.As<uint>(TensorBytes.Read(Values.Of([.. values]).Cast(DType.F32)));
        for (int i = 0; i < actual.Length; i++)
        {
            Assert.Equal(PlainFloat.Single.Round(values[i]), actual[i]);
        }

        void AddAround(uint magnitude)
        {
            double tie = PlainFloat.Single.Tie(magnitude);
            values.AddRange([tie, -tie, Math.BitDecrement(tie), -Math.BitDecrement(tie), Math.BitIncrement(tie), random.NextDouble() * tie]);
        }
    }

    [Fact]
    public void Widens_singles_to_double_exactly()
    {
        var random = new Random(5);
        uint[] patterns = [.. Enumerable.Range(0, 5000).Select(_ => (uint)random.NextInt64(1L << 32)), 0, 1, 0x8000_0000, 0x7F80_0000];
        float[] values = [.. patterns.Select(BitConverter.UInt32BitsToSingle)];
        double[] actual = Values.As<double>(TensorBytes.Read(Values.Of(values).Cast(DType.F64)));
        for (int i = 0; i < patterns.Length; i++)
        {
            AssertSame(PlainFloat.Single.Value(patterns[i]), actual[i]);
        }
    }

    [Fact]
    public void Keeps_NaN_whatever_its_bits()
    {
        uint[] singles = [.. Enumerable.Range(0, 23).Select(i => 0x7F80_0000u | (1u << i)), 0xFF80_0001, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x7FBF_FFFF];
        ulong[] doubles = [.. Enumerable.Range(0, 52).Select(i => 0x7FF0_0000_0000_0000ul | (1ul << i)), 0xFFF0_0000_0000_0001, 0x7FFF_FFFF_FFFF_FFFF];
        MemoryTensor[] tensors =
            [Values.Of([.. singles.Select(BitConverter.UInt32BitsToSingle)]), Values.Of([.. doubles.Select(BitConverter.UInt64BitsToDouble)])];
        foreach (MemoryTensor tensor in tensors)
        {
            foreach (DType type in new[] { DType.F16, DType.BF16, DType.F32, DType.F64 })
            {
                Assert.All(Values.Plain(tensor.Cast(type)), value => Assert.True(double.IsNaN(value)));
            }
        }
    }

    [Fact]
    public void Converts_any_number_of_elements()
    {
        DType[] types = [DType.F16, DType.BF16, DType.F32, DType.F64];
        var random = new Random(6);
        foreach (int count in new[] { 0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 1023, 1024, 1025, 3000 })
        {
            double[] values = [.. Enumerable.Range(0, count).Select(_ => (random.NextDouble() - 0.5) * 100)];
            foreach (DType from in types)
            {
                foreach (DType to in types)
                {
                    MemoryTensor source = Values.Rounded(from, new TensorShape(count), values);
                    byte[] expected = TensorBytes.Read(Values.Rounded(to, new TensorShape(count), Values.Plain(source)));
                    Assert.Equal(expected, TensorBytes.Read(source.Cast(to)));
                    Assert.Equal(expected, TensorBytes.Read(new OpaqueTensor(source).Cast(to)));
                }
            }
        }
    }

    [Fact]
    public void Converts_more_than_a_piece()
    {
        float[] values = [.. Enumerable.Range(0, 200_001).Select(i => i * 0.5f)];
        double[] doubles = [.. values.Select(value => (double)value)];
        Assert.Equal(doubles, Values.As<double>(TensorBytes.Read(Values.Of(values).Cast(DType.F64))));
        Assert.Equal(values, Values.As<float>(TensorBytes.Read(Values.Of(doubles).Cast(DType.F32))));
    }

    [Theory]
    [InlineData(DType.I32, DType.F32)]
    [InlineData(DType.F32, DType.I32)]
    [InlineData(DType.F8E4M3, DType.F16)]
    [InlineData(DType.F64, DType.C64)]
    public void Refuses_other_types(DType from, DType to)
    {
        LazyTensor tensor = LazyTensorOperations.Zeros(from, new TensorShape(2, 3));
        Assert.Contains("(2, 3)", Assert.Throws<ArgumentException>(() => tensor.Cast(to)).Message);
        Assert.Same(tensor, tensor.Cast(from));
    }

    private static PlainFloat Format(DType type) => type == DType.F16 ? PlainFloat.Half : PlainFloat.BFloat;

    private static void AssertSame(double expected, double actual) =>
        Assert.True(
            double.IsNaN(expected) ? double.IsNaN(actual) : BitConverter.DoubleToInt64Bits(expected) == BitConverter.DoubleToInt64Bits(actual),
            $"{expected:R} {actual:R}");

    private static void AssertRounded(PlainFloat format, double value, ushort actual) =>
        Assert.True(double.IsNaN(value) ? format.IsNaN(actual) : format.Round(value) == actual, $"{value:R} became {actual:X4}");
}
