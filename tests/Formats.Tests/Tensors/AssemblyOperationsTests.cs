using Transfuse.Formats.Tensors;
using Transfuse.Formats.Tests.Tensors.Support;

namespace Transfuse.Formats.Tests.Tensors;

public class AssemblyOperationsTests
{
    [Fact]
    public void Concatenates_like_nested_loops() => TensorCases.Check(1, 4, 7, (type, plain, tensor, random) =>
    {
        int axis = random.Next(plain.Extents.Length);
        PlainTensor second = Other(plain, axis, random.Next(9), random, type);
        PlainTensor third = Other(plain, axis, random.Next(9), random, type);
        int first = plain.Extents[axis];
        int both = first + second.Extents[axis];
        PlainTensor expected = PlainTensor.Build(With(plain.Extents, axis, both + third.Extents[axis]), index => index[axis] switch
        {
            int i when i < first => plain[index],
            int i when i < both => second[With(index, axis, i - first)],
            int i => third[With(index, axis, i - both)],
        });

        LazyTensor actual = LazyTensorOperations.Concat(axis, tensor, second.ToTensor(type, tensor.SupportsRanges), third.ToTensor(type, ranges: true));
        Assert.Equal(expected.Shape(), actual.Shape);
        Assert.Equal(expected.ToBytes(), TensorBytes.Read(actual));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Concatenates_blocks_longer_than_a_piece(bool ranges)
    {
        var random = new Random(3);
        PlainTensor left = PlainTensor.Random([3, 150_001], 2, random);
        PlainTensor right = PlainTensor.Random([3, 3], 2, random);
        PlainTensor expected = PlainTensor.Build([3, 150_004], index => index[1] < 150_001 ? left[index] : right[index[0], index[1] - 150_001]);
        Assert.Equal(
            expected.ToBytes(),
            TensorBytes.Read(LazyTensorOperations.Concat(1, left.ToTensor(DType.F16, ranges), right.ToTensor(DType.F16, ranges))));
    }

    [Fact]
    public void Stacks_along_a_new_first_axis() => TensorCases.Check(0, 3, 6, (type, plain, tensor, random) =>
    {
        PlainTensor second = PlainTensor.Random(plain.Extents, type.BitSize() / 8, random);
        PlainTensor expected = PlainTensor.Build([2, .. plain.Extents], index => (index[0] == 0 ? plain : second)[index[1..]]);
        LazyTensor actual = LazyTensorOperations.Stack(tensor, second.ToTensor(type, ranges: true));
        Assert.Equal(expected.Shape(), actual.Shape);
        Assert.Equal(expected.ToBytes(), TensorBytes.Read(actual));
    });

    [Fact]
    public void Puts_matrices_along_a_diagonal() => TensorCases.Check(2, 3, 6, (type, plain, tensor, random) =>
    {
        int batch = plain.Extents.Length - 2;
        PlainTensor second = Other(Other(plain, batch, random.Next(5), random, type), batch + 1, random.Next(5), random, type);
        (int rows, int columns) = (plain.Extents[^2], plain.Extents[^1]);
        int[] extents = [.. plain.Extents[..batch], rows + second.Extents[^2], columns + second.Extents[^1]];
        PlainTensor expected = PlainTensor.Build(extents, index => (index[^2] < rows, index[^1] < columns) switch
        {
            (true, true) => plain[index],
            (false, false) => second[[.. index[..batch], index[^2] - rows, index[^1] - columns]],
            _ => new byte[type.BitSize() / 8],
        });

        LazyTensor actual = LazyTensorOperations.BlockDiagonal(tensor, second.ToTensor(type, ranges: true));
        Assert.Equal(expected.Shape(), actual.Shape);
        Assert.Equal(expected.ToBytes(), TensorBytes.Read(actual));
    });

    [Fact]
    public void Pads_with_zeros() => TensorCases.Check(1, 4, 7, (type, plain, tensor, random) =>
    {
        int axis = random.Next(plain.Extents.Length);
        int length = plain.Extents[axis] + random.Next(4);
        PlainTensor expected = PlainTensor.Build(
            With(plain.Extents, axis, length),
            index => index[axis] < plain.Extents[axis] ? plain[index] : new byte[type.BitSize() / 8]);
        LazyTensor actual = tensor.PadWithZeros(axis, length);
        Assert.Equal(expected.Shape(), actual.Shape);
        Assert.Equal(expected.ToBytes(), TensorBytes.Read(actual));
    });

    [Fact]
    public void Makes_zeros_of_every_type()
    {
        foreach (DType type in Enum.GetValues<DType>())
        {
            LazyTensor zeros = LazyTensorOperations.Zeros(type, new TensorShape(3, 8));
            Assert.Equal(new byte[3 * type.BitSize()], TensorBytes.Read(zeros));
            Assert.Equal(type, zeros.DType);
        }
    }

    [Theory]
    [InlineData("none", "There is no tensor")]
    [InlineData("types", "F32 (2, 3) and F16 (2, 3) have different element types")]
    [InlineData("extents", "(2, 4) cannot be joined to (2, 3) along axis 0")]
    [InlineData("ranks", "(3) cannot be joined to (2, 3) along axis 0")]
    [InlineData("axis", "The tensor (2, 3) has no axis 2")]
    [InlineData("stack", "(2, 3) and (2, 4) differ")]
    [InlineData("diagonal", "(2, 3) and (3) are not both matrices")]
    [InlineData("pad", "Axis 1 of (2, 3) cannot be padded to 2")]
    [InlineData("sum", "An axis cannot have 18446744073709551614 positions")]
    public void Refuses_what_does_not_fit(string operation, string message)
    {
        LazyTensor tensor = LazyTensorOperations.Zeros(DType.F32, new TensorShape(2, 3));
        LazyTensor wider = LazyTensorOperations.Zeros(DType.F32, new TensorShape(2, 4));
        LazyTensor endless = LazyTensorOperations.Zeros(DType.F32, new TensorShape(0, long.MaxValue));
        ArgumentException error = Assert.Throws<ArgumentException>(() => operation switch
        {
            "none" => LazyTensorOperations.Concat(0),
            "types" => LazyTensorOperations.Stack(tensor, tensor.Cast(DType.F16)),
            "extents" => LazyTensorOperations.Concat(0, tensor, wider),
            "ranks" => LazyTensorOperations.Concat(0, tensor, LazyTensorOperations.Zeros(DType.F32, new TensorShape(3))),
            "axis" => LazyTensorOperations.Concat(2, tensor),
            "stack" => LazyTensorOperations.Stack(tensor, wider),
            "diagonal" => LazyTensorOperations.BlockDiagonal(tensor, LazyTensorOperations.Zeros(DType.F32, new TensorShape(3))),
            "pad" => tensor.PadWithZeros(1, 2),
            _ => LazyTensorOperations.BlockDiagonal(endless, endless),
        });
        Assert.Contains(message, error.Message);
    }

    private static PlainTensor Other(PlainTensor plain, int axis, int extent, Random random, DType type) =>
        PlainTensor.Random(With(plain.Extents, axis, extent), type.BitSize() / 8, random);

    private static int[] With(int[] values, int axis, int value)
    {
        int[] copy = [.. values];
        copy[axis] = value;
        return copy;
    }
}
