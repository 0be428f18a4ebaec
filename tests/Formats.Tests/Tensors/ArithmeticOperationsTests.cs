using Transfuse.Formats.Tensors;
using Transfuse.Formats.Tests.Tensors.Support;

namespace Transfuse.Formats.Tests.Tensors;

public class ArithmeticOperationsTests
{
    public static readonly TheoryData<DType> Types = [DType.F16, DType.BF16, DType.F32, DType.F64];

    private static readonly long[][] Shapes = [[2, 3], [1, 1], [7, 33], [3, 5, 17], [2, 2, 4, 9], [70, 1001], [0, 4], [3, 0], [0, 2, 3]];

    [Theory]
    [MemberData(nameof(Types))]
    public void Scales_in_single_precision(DType type) => CompareAll(
        type,
        (tensor, _) => tensor.Scale(0.3f),
        (value, _, _) => value * 0.3f);

    [Theory]
    [MemberData(nameof(Types))]
    public void Scales_rows_in_single_precision(DType type) => CompareAll(
        type,
        (tensor, factors) => tensor.ScaleRows(factors.AsSpan(0, (int)tensor.Shape[^2])),
        (value, row, factors) => value * factors[row]);

    [Theory]
    [MemberData(nameof(Types))]
    public void Multiplies_by_powers_of_two_within_the_type(DType type)
    {
        double[] values = [1, -1.5, 0, -0d, 3.25, 0.125, -0.75, 100, 255, double.PositiveInfinity, double.NegativeInfinity];
        foreach (int exponent in new[] { 0, 1, -1, 3, -6, 7 })
        {
            MemoryTensor tensor = Values.Rounded(type, new TensorShape(values.Length), values);
            LazyTensor scaled = tensor.ScaleByPowerOfTwo(exponent);
            Assert.Equal(type, scaled.DType);
            Assert.Equal(values.Select(value => value * Math.Pow(2, exponent)), Values.Plain(scaled));
            Assert.Equal(TensorBytes.Read(scaled), TensorBytes.Read(new OpaqueTensor(tensor).ScaleByPowerOfTwo(exponent)));
        }
    }

    [Theory]
    [InlineData(DType.F16, -24, 39, 15)]
    [InlineData(DType.BF16, -133, 260, 127)]
    [InlineData(DType.F32, -149, 276, 127)]
    [InlineData(DType.F64, -1074, 2097, 1023)]
    public void Crosses_the_whole_range_of_a_type_exactly(DType type, int smallest, int exponent, int largest)
    {
        MemoryTensor tiny = Values.Rounded(type, new TensorShape(1), Math.ScaleB(1, smallest));
        LazyTensor huge = tiny.ScaleByPowerOfTwo(exponent);
        Assert.Equal([Math.ScaleB(1, largest)], Values.Plain(huge));
        Assert.Equal([Math.ScaleB(1, smallest)], Values.Plain(huge.ScaleByPowerOfTwo(-exponent)));
        Assert.Equal([double.PositiveInfinity], Values.Plain(tiny.ScaleByPowerOfTwo(exponent + 1)));
        Assert.Equal([double.PositiveInfinity], Values.Plain(tiny.ScaleByPowerOfTwo(int.MaxValue)));
        Assert.Equal([0d], Values.Plain(huge.ScaleByPowerOfTwo(int.MinValue)));
    }

    [Fact]
    public void Refuses_what_does_not_fit()
    {
        LazyTensor matrix = LazyTensorOperations.Zeros(DType.F32, new TensorShape(2, 3));
        LazyTensor vector = LazyTensorOperations.Zeros(DType.F32, new TensorShape(3));
        LazyTensor integers = LazyTensorOperations.Zeros(DType.I32, new TensorShape(2, 3));
        Assert.Contains("3 factors do not fit the rows of (2, 3)", Assert.Throws<ArgumentException>(() => matrix.ScaleRows([1, 2, 3])).Message);
        Assert.Contains("(3)", Assert.Throws<ArgumentException>(() => vector.ScaleRows([1, 2, 3])).Message);
        Assert.Contains("NaN", Assert.Throws<ArgumentException>(() => matrix.Scale(float.NaN)).Message);
        Assert.Throws<ArgumentException>(() => matrix.ScaleRows([1, float.PositiveInfinity]));
        Assert.Contains("I32 (2, 3)", Assert.Throws<ArgumentException>(() => integers.Scale(1)).Message);
        Assert.Throws<ArgumentException>(() => integers.ScaleRows([1, 2]));
        Assert.Throws<ArgumentException>(() => integers.ScaleByPowerOfTwo(0));
    }

    private static void CompareAll(DType type, Func<LazyTensor, float[], LazyTensor> operation, Func<float, int, float[], float> expectedOf)
    {
        var random = new Random(7);
        float[] factors = [.. Enumerable.Range(0, 1001).Select(_ => (random.NextSingle() * 4) - 2)];
        foreach (long[] extents in Shapes)
        {
            var shape = new TensorShape(extents);
            double[] values = [.. Enumerable.Range(0, (int)shape.ElementCount).Select(_ => (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-6, 4)))];
            MemoryTensor tensor = Values.Rounded(type, shape, values);
            double[] stored = Values.Plain(tensor);
            float[] expected = new float[values.Length];
            for (int i = 0; i < values.Length; i++)
            {
                (int columns, int rows) = ((int)shape[^1], (int)shape[^2]);
                expected[i] = expectedOf((float)stored[i], i / columns % rows, factors);
            }

            LazyTensor actual = operation(tensor, factors);
            Assert.Equal(DType.F32, actual.DType);
            Assert.Equal(shape, actual.Shape);
            Assert.Equal(expected, Values.As<float>(TensorBytes.Read(actual)));
            Assert.Equal(expected, Values.As<float>(TensorBytes.Read(operation(new OpaqueTensor(tensor), factors))));
        }
    }
}
