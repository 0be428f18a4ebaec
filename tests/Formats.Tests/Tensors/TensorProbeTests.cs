using Transfuse.Formats.Tensors;
using Transfuse.Formats.Tests.Tensors.Support;

namespace Transfuse.Formats.Tests.Tensors;

public class TensorProbeTests
{
    public static readonly TheoryData<DType> FloatTypes = [DType.F16, DType.BF16, DType.F32, DType.F64];

    [Fact]
    public void Compares_bytes_in_every_combination_of_ranges()
    {
        PlainTensor plain = PlainTensor.Random([3, 100_003], 2, new Random(14));
        byte[] bytes = plain.ToBytes();
        foreach (int changed in new[] { -1, 0, 262_143, 262_144, bytes.Length - 1 })
        {
            byte[] other = [.. bytes];
            if (changed >= 0)
            {
                other[changed] ^= 1;
            }

            foreach ((bool left, bool right) in new[] { (true, true), (true, false), (false, true), (false, false) })
            {
                LazyTensor second = new MemoryTensor(DType.F16, plain.Shape(), other);
                Assert.Equal(changed < 0, TensorProbe.BytesEqual(plain.ToTensor(DType.F16, left), right ? second : new OpaqueTensor(second)));
            }
        }
    }

    [Fact]
    public void Takes_one_instance_for_equal_without_reading_it()
    {
        var unreadable = new SizedTensor(DType.F32, new TensorShape(1 << 20, 1 << 20), ranges: false);
        Assert.True(TensorProbe.BytesEqual(unreadable, unreadable));
    }

    [Fact]
    public void Tells_types_and_shapes_apart()
    {
        LazyTensor zeros = LazyTensorOperations.Zeros(DType.F16, new TensorShape(2, 3));
        Assert.True(TensorProbe.BytesEqual(zeros, LazyTensorOperations.Zeros(DType.F16, new TensorShape(2, 3))));
        Assert.False(TensorProbe.BytesEqual(zeros, LazyTensorOperations.Zeros(DType.BF16, new TensorShape(2, 3))));
        Assert.False(TensorProbe.BytesEqual(zeros, LazyTensorOperations.Zeros(DType.F16, new TensorShape(3, 2))));
    }

    [Theory]
    [MemberData(nameof(FloatTypes))]
    public void Finds_the_only_value_that_is_not_zero(DType type)
    {
        foreach (int count in new[] { 1, 2, 3, 9, 31, 140_000 })
        {
            double[] values = new double[count];
            Assert.True(TensorProbe.IsAllZero(Values.Rounded(type, new TensorShape(count), values)));
            Array.Fill(values, -0d);
            Assert.True(TensorProbe.IsAllZero(Values.Rounded(type, new TensorShape(count), values)));
            foreach (int position in new[] { 0, count / 2, count - 1 })
            {
                values[position] = -1;
                Assert.False(TensorProbe.IsAllZero(Values.Rounded(type, new TensorShape(count), values)));
                values[position] = -0d;
            }
        }
    }

    [Theory]
    [InlineData(DType.U8, 0x80, false)]
    [InlineData(DType.I64, 0x80, false)]
    [InlineData(DType.F8E4M3, 0x80, true)]
    [InlineData(DType.F8E5M2, 0x80, true)]
    [InlineData(DType.F8E4M3Fnuz, 0x80, false)]
    [InlineData(DType.C64, 0x80, true)]
    [InlineData(DType.F16, 0x01, false)]
    [InlineData(DType.F64, 0x01, false)]
    public void Knows_which_types_have_a_negative_zero(DType type, byte lastByte, bool expected)
    {
        byte[] bytes = new byte[3 * type.BitSize() / 8];
        bytes[^1] = lastByte;
        Assert.Equal(expected, TensorProbe.IsAllZero(new MemoryTensor(type, new TensorShape(3), bytes)));
    }

    [Fact]
    public void Knows_types_without_a_zero_and_refuses_elements_smaller_than_a_byte()
    {
        Assert.False(TensorProbe.IsAllZero(LazyTensorOperations.Zeros(DType.F8E8M0, new TensorShape(3))));
        Assert.True(TensorProbe.IsAllZero(LazyTensorOperations.Zeros(DType.F8E8M0, new TensorShape(0))));
        Assert.Throws<ArgumentException>(() => TensorProbe.IsAllZero(LazyTensorOperations.Zeros(DType.F4, new TensorShape(2))));
    }

    [Theory]
    [MemberData(nameof(FloatTypes))]
    public void Measures_magnitudes(DType type)
    {
        foreach (int count in new[] { 1, 7, 33, 3000 })
        {
            double[] values = [.. Enumerable.Range(0, count).Select(i => i % 3 == 1 ? 0 : 1 + (i % 4 / 4d))];
            values[count / 2] = -96;
            values[count - 1] = count == 1 ? -96 : 0.0625;
            MemoryTensor tensor = Tensor();
            Assert.Equal(96, TensorProbe.MaxMagnitude(tensor));
            Assert.Equal(96, TensorProbe.MaxMagnitude(new OpaqueTensor(tensor)));
            Assert.True(TensorProbe.IsFinite(tensor));

            values[0] = double.NegativeInfinity;
            Assert.Equal(double.PositiveInfinity, TensorProbe.MaxMagnitude(Tensor()));
            Assert.False(TensorProbe.IsFinite(Tensor()));

            MemoryTensor withNaN = NaNAt(type, count, count - 1);
            Assert.Equal(double.NaN, TensorProbe.MaxMagnitude(withNaN));
            Assert.False(TensorProbe.IsFinite(withNaN));
            Assert.True(TensorProbe.Fits(withNaN, DType.F16));

            MemoryTensor Tensor() => Values.Rounded(type, new TensorShape(count), values);
        }
    }

    [Theory]
    [InlineData(DType.F16, 65504, 0x7C00, 0xFC00, 0x7C01)]
    [InlineData(DType.BF16, 3.3895313892515355e38, 0x7F80, 0xFF80, 0xFF81)]
    [InlineData(DType.F32, 3.4028234663852886e38, 0x7F80_0000, 0xFF80_0000, 0x7F80_0001)]
    [InlineData(DType.F64, double.MaxValue, 0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000, 0xFFF0_0000_0000_0001)]
    public void Finds_one_value_that_is_not_finite_at_any_place(DType type, double largest, ulong infinity, ulong negativeInfinity, ulong notANumber)
    {
        const int Count = 67;
        double[] values = [.. Enumerable.Range(0, Count).Select(i => i % 2 == 0 ? largest : -largest)];
        byte[] bytes = TensorBytes.Read(Values.Rounded(type, new TensorShape(Count), values));
        Assert.True(TensorProbe.IsFinite(new MemoryTensor(type, new TensorShape(Count), bytes)));
        int size = bytes.Length / Count;
        for (int place = 0; place < Count; place++)
        {
            foreach (ulong pattern in new[] { infinity, negativeInfinity, notANumber })
            {
                byte[] spoiled = [.. bytes];
                BitConverter.GetBytes(pattern).AsSpan(0, size).CopyTo(spoiled.AsSpan(place * size));
                Assert.False(TensorProbe.IsFinite(new MemoryTensor(type, new TensorShape(Count), spoiled)));
            }
        }
    }

    [Fact]
    public void Measures_the_extremes_of_each_type()
    {
        Assert.Equal(double.MaxValue, TensorProbe.MaxMagnitude(Values.Of(0, double.MinValue, 1)));
        Assert.Equal(0, TensorProbe.MaxMagnitude(LazyTensorOperations.Zeros(DType.F32, new TensorShape(0, 3))));
        Assert.True(TensorProbe.IsFinite(LazyTensorOperations.Zeros(DType.F32, new TensorShape(0))));
    }

    [Theory]
    [InlineData(DType.F16, 65504, 65520)]
    [InlineData(DType.BF16, 3.3895313892515355e38, 3.3961775292304601e38)]
    [InlineData(DType.F32, 3.4028234663852886e38, 3.4028235677973366e38)]
    public void Knows_where_a_type_overflows(DType type, double largest, double overflow)
    {
        foreach (double sign in new[] { 1d, -1d })
        {
            Assert.True(TensorProbe.Fits(Values.Of(1, sign * largest), type));
            Assert.True(TensorProbe.Fits(Values.Of(1, sign * Math.BitDecrement(overflow), double.PositiveInfinity), type));
            Assert.False(TensorProbe.Fits(Values.Of(1, sign * overflow), type));
            Assert.Equal(double.PositiveInfinity, Math.Abs(Values.Plain(Values.Of(sign * overflow).Cast(type))[0]));
            Assert.Equal(largest, Math.Abs(Values.Plain(Values.Of(sign * Math.BitDecrement(overflow)).Cast(type))[0]));
        }

        Assert.True(TensorProbe.Fits(Values.Of(double.MaxValue), DType.F64));
    }

    [Fact]
    public void Finds_singles_that_float16_cannot_hold()
    {
        float[] values = new float[100];
        values[77] = 65519.996f;
        Assert.True(TensorProbe.Fits(Values.Of(values), DType.F16));
        values[77] = -65520;
        Assert.False(TensorProbe.Fits(Values.Of(values), DType.F16));
        Assert.False(TensorProbe.Fits(Values.Of(PlainFloat.BFloat, 0x4780), DType.F16));
        Assert.True(TensorProbe.Fits(Values.Of(PlainFloat.BFloat, 0x477F), DType.F16));
        Assert.True(TensorProbe.Fits(Values.Of(PlainFloat.BFloat, 0x7F7F), DType.F32));
        Assert.False(TensorProbe.Fits(Values.Of(float.MaxValue), DType.BF16));
    }

    [Fact]
    public void Sees_finite_values_beside_infinity_and_NaN()
    {
        foreach (float odd in new[] { float.PositiveInfinity, float.NegativeInfinity, float.NaN })
        {
            for (int position = 0; position < 64; position++)
            {
                float[] values = new float[64];
                Array.Fill(values, odd);
                values[position] = -65519;
                values[position ^ 32] = 3;
                Assert.True(TensorProbe.Fits(Values.Of(values), DType.F16));
                values[position] = 65520;
                Assert.False(TensorProbe.Fits(Values.Of(values), DType.F16));
            }
        }
    }

    [Theory]
    [InlineData(DType.F16, -24, 15, 10)]
    [InlineData(DType.BF16, -133, 127, 7)]
    [InlineData(DType.F32, -149, 127, 23)]
    [InlineData(DType.F64, -1074, 1023, 52)]
    public void Knows_which_powers_of_two_lose_nothing(DType type, int smallest, int largest, int fractionBits)
    {
        double one = 1 + Math.ScaleB(1, -fractionBits);
        Assert.True(Scales(one, largest));
        Assert.False(Scales(one, largest + 1));
        Assert.True(Scales(one, smallest + fractionBits));
        Assert.False(Scales(one, smallest + fractionBits - 1));
        Assert.True(Scales(1, smallest));
        Assert.False(Scales(1, smallest - 1));
        Assert.False(Scales(1, int.MinValue));
        Assert.False(Scales(1, int.MaxValue));
        Assert.True(Scales(0, int.MinValue));
        Assert.True(Scales(-0d, int.MaxValue));
        Assert.True(Scales(double.NegativeInfinity, 3));
        Assert.True(TensorProbe.ScalesExactly(NaNAt(type, 5, 2), 4));

        bool Scales(double value, int exponent)
        {
            double[] values = new double[5000];
            values[4321] = value;
            return TensorProbe.ScalesExactly(Values.Rounded(type, new TensorShape(5000), values), exponent);
        }
    }

    [Theory]
    [MemberData(nameof(FloatTypes))]
    public void Agrees_with_plain_arithmetic_on_what_scales_exactly(DType type)
    {
        var random = new Random(15);
        int exact = 0;
        for (int i = 0; i < 400; i++)
        {
            MemoryTensor tensor = Values.Rounded(type, new TensorShape(1), (random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-10, 10)));
            int exponent = random.Next(-160, 160);
            double wanted = Values.Plain(tensor)[0] * Math.Pow(2, exponent);
            bool expected = Values.Plain(Values.Rounded(type, new TensorShape(1), wanted))[0] == wanted && double.IsFinite(wanted);
            Assert.Equal(expected, TensorProbe.ScalesExactly(tensor, exponent));
            exact += expected ? 1 : 0;
        }

        Assert.InRange(exact, 20, 400);
    }

    [Fact]
    public void Refuses_types_without_these_values()
    {
        LazyTensor integers = LazyTensorOperations.Zeros(DType.I32, new TensorShape(2, 3));
        Assert.Contains("I32 (2, 3)", Assert.Throws<ArgumentException>(() => TensorProbe.IsFinite(integers)).Message);
        Assert.Throws<ArgumentException>(() => TensorProbe.MaxMagnitude(integers));
        Assert.Throws<ArgumentException>(() => TensorProbe.Fits(Values.Of(1f), DType.I8));
        Assert.Throws<ArgumentException>(() => TensorProbe.ScalesExactly(integers, 0));
    }

    [Fact]
    public void Stops_when_asked_to()
    {
        var cancelled = new CancellationToken(canceled: true);
        MemoryTensor tensor = Values.Of(1e9f, 2);
        Assert.Throws<OperationCanceledException>(() => TensorProbe.BytesEqual(tensor, Values.Of(1f, 2), cancelled));
        Assert.Throws<OperationCanceledException>(() => TensorProbe.IsAllZero(tensor, cancelled));
        Assert.Throws<OperationCanceledException>(() => TensorProbe.IsFinite(tensor, cancelled));
        Assert.Throws<OperationCanceledException>(() => TensorProbe.MaxMagnitude(tensor, cancelled));
        Assert.Throws<OperationCanceledException>(() => TensorProbe.ScalesExactly(tensor, 1, cancelled));
    }

    private static MemoryTensor NaNAt(DType type, int count, int position)
    {
        byte[] bytes = new byte[count * type.BitSize() / 8];
        int size = type.BitSize() / 8;
        bytes.AsSpan(position * size, size).Fill(0xFF);
        return new MemoryTensor(type, new TensorShape(count), bytes);
    }
}
