using Transfuse.Formats.Tensors;
using Transfuse.Formats.Tests.Tensors.Support;

namespace Transfuse.Formats.Tests.Tensors;

public class LayoutOperationsTests
{
    [Fact]
    public void Permutes_like_nested_loops() => TensorCases.Check(0, 5, 9, (_, plain, tensor, random) =>
    {
        int[] axes = [.. Enumerable.Range(0, plain.Extents.Length)];
        random.Shuffle(axes);
        PlainTensor expected = PlainTensor.Build([.. axes.Select(axis => plain.Extents[axis])], index =>
        {
            int[] from = new int[axes.Length];
            for (int i = 0; i < axes.Length; i++)
            {
                from[axes[i]] = index[i];
            }

            return plain[from];
        });

        LazyTensor actual = tensor.Permute(axes);
        Assert.Equal(expected.Shape(), actual.Shape);
        Assert.Equal(expected.ToBytes(), TensorBytes.Read(actual));
    });

    [Fact]
    public void Transposes_like_nested_loops() => TensorCases.Check(2, 2, 70, (_, plain, tensor, _) =>
    {
        PlainTensor expected = PlainTensor.Build([plain.Extents[1], plain.Extents[0]], index => plain[index[1], index[0]]);
        Assert.Equal(expected.ToBytes(), TensorBytes.Read(tensor.Transpose()));
    });

    [Fact]
    public void Permutes_what_is_larger_than_a_piece()
    {
        PlainTensor plain = PlainTensor.Random([530, 7, 303], 2, new Random(16));
        byte[] expected = PlainTensor.Build([303, 7, 530], index => plain[index[2], index[1], index[0]]).ToBytes();
        Assert.Equal(expected, TensorBytes.Read(plain.ToTensor(DType.F16, ranges: true).Permute(2, 1, 0)));
        Assert.Equal(expected, TensorBytes.Read(plain.ToTensor(DType.F16, ranges: false).Permute(2, 1, 0)));
        expected = PlainTensor.Build([7, 530, 303], index => plain[index[1], index[0], index[2]]).ToBytes();
        Assert.Equal(expected, TensorBytes.Read(plain.ToTensor(DType.F16, ranges: true).Permute(1, 0, 2)));
    }

    [Fact]
    public void Transposes_batches_larger_than_a_piece()
    {
        PlainTensor plain = PlainTensor.Random([5, 300, 440], 2, new Random(1));
        byte[] expected = PlainTensor.Build([5, 440, 300], index => plain[index[0], index[2], index[1]]).ToBytes();
        Assert.Equal(expected, TensorBytes.Read(plain.ToTensor(DType.F16, ranges: true).Permute(0, 2, 1)));
        Assert.Equal(expected, TensorBytes.Read(plain.ToTensor(DType.F16, ranges: false).Permute(0, 2, 1)));
    }

    [Fact]
    public void Reshapes_keep_bytes() => TensorCases.Check(1, 4, 7, (type, plain, tensor, _) =>
    {
        LazyTensor flat = tensor.Reshape(new TensorShape(tensor.Shape.ElementCount));
        Assert.Equal(type, flat.DType);
        Assert.Equal(tensor.SupportsRanges, flat.SupportsRanges);
        Assert.Equal(plain.ToBytes(), TensorBytes.Read(flat));
    });

    [Fact]
    public void Slices_like_nested_loops() => TensorCases.Check(1, 4, 11, (_, plain, tensor, random) =>
    {
        int axis = random.Next(plain.Extents.Length);
        int extent = plain.Extents[axis];
        int step = random.Next(1, 4);
        int start = random.Next(extent + 1);
        int count = random.Next(((extent - start + step - 1) / step) + 1);
        PlainTensor expected = PlainTensor.Build(With(plain.Extents, axis, count), index => plain[With(index, axis, start + (index[axis] * step))]);

        LazyTensor actual = tensor.Slice(axis, start, count, step);
        Assert.Equal(expected.Shape(), actual.Shape);
        Assert.Equal(expected.ToBytes(), TensorBytes.Read(actual));
    });

    [Fact]
    public void Gathers_like_nested_loops() => TensorCases.Check(1, 4, 11, (_, plain, tensor, random) =>
    {
        int axis = random.Next(plain.Extents.Length);
        int extent = plain.Extents[axis];
        long[] indices = [.. Enumerable.Range(0, extent == 0 ? 0 : random.Next(15)).Select(_ => (long)random.Next(extent))];
        if (random.Next(2) == 0)
        {
            Array.Sort(indices);
        }

        PlainTensor expected = PlainTensor.Build(With(plain.Extents, axis, indices.Length), index => plain[With(index, axis, (int)indices[index[axis]])]);
        Assert.Equal(expected.ToBytes(), TensorBytes.Read(tensor.Gather(axis, indices)));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Slices_and_gathers_of_long_rows(bool ranges)
    {
        PlainTensor plain = PlainTensor.Random([3, 7, 4099], 2, new Random(2));
        LazyTensor tensor = plain.ToTensor(DType.BF16, ranges);
        int[] rows = [5, 6, 0, 1, 1, 3];
        Assert.Equal(
            PlainTensor.Build([3, 6, 4099], index => plain[index[0], rows[index[1]], index[2]]).ToBytes(),
            TensorBytes.Read(tensor.Gather(1, [5, 6, 0, 1, 1, 3])));
        Assert.Equal(
            PlainTensor.Build([3, 3, 4099], index => plain[index[0], 1 + (2 * index[1]), index[2]]).ToBytes(),
            TensorBytes.Read(tensor.Slice(1, 1, 3, 2)));
        Assert.Equal(
            PlainTensor.Build([3, 7, 4096], index => plain[index[0], index[1], index[2] + 2]).ToBytes(),
            TensorBytes.Read(tensor.Slice(2, 2, 4096)));
    }

    [Fact]
    public void Slices_slices_like_nested_loops() => TensorCases.Check(2, 3, 9, (_, plain, tensor, random) =>
    {
        int extent = plain.Extents[0];
        int start = random.Next(extent + 1);
        int count = random.Next(extent - start + 1);
        int innerStart = random.Next(count + 1);
        int innerCount = random.Next(count - innerStart + 1);
        byte[] expected = PlainTensor.Build(With(plain.Extents, 0, innerCount), index => plain[With(index, 0, start + innerStart + index[0])]).ToBytes();
        LazyTensor outer = tensor.Slice(0, start, count);
        Assert.Equal(expected, TensorBytes.Read(outer.Slice(0, innerStart, innerCount)));

        LazyTensor reshaped = outer.Reshape(new TensorShape([1, .. outer.Shape.Dimensions]));
        Assert.Equal(expected, TensorBytes.Read(reshaped.Slice(1, innerStart, innerCount)));
    });

    [Theory]
    [InlineData("reshape", "(2, 3) with 6 elements cannot become (5) with 5")]
    [InlineData("permute", "(1, 1) does not reorder the axes of (2, 3)")]
    [InlineData("short permute", "(1) does not reorder the axes of (2, 3)")]
    [InlineData("transpose", "this tensor is (2, 3, 1)")]
    [InlineData("slice", "Axis 1 of (2, 3) does not have 2 positions from 2 in steps of 1")]
    [InlineData("slice from below", "Axis 1 of (2, 3) does not have 1 positions from -1")]
    [InlineData("slice without step", "Axis 1 of (2, 3) does not have 1 positions from 0 in steps of 0")]
    [InlineData("slice beyond numbers", "Axis 1 of (2, 3) does not have 9223372036854775807 positions from 1 in steps of 9223372036854775807")]
    [InlineData("slice of no axis", "The tensor (2, 3) has no axis 2")]
    [InlineData("gather", "Axis 0 of (2, 3) has no position 2")]
    public void Refuses_what_does_not_fit(string operation, string message)
    {
        LazyTensor tensor = LazyTensorOperations.Zeros(DType.F32, new TensorShape(2, 3));
        ArgumentException error = Assert.Throws<ArgumentException>(() => operation switch
        {
            "reshape" => tensor.Reshape(new TensorShape(5)),
            "permute" => tensor.Permute(1, 1),
            "short permute" => tensor.Permute(1),
            "transpose" => tensor.Reshape(new TensorShape(2, 3, 1)).Transpose(),
            "slice" => tensor.Slice(1, 2, 2),
            "slice from below" => tensor.Slice(1, -1, 1),
            "slice without step" => tensor.Slice(1, 0, 1, 0),
            "slice beyond numbers" => tensor.Slice(1, 1, long.MaxValue, long.MaxValue),
            "slice of no axis" => tensor.Slice(2, 0, 1),
            _ => tensor.Gather(0, [0, 2]),
        });
        Assert.Contains(message, error.Message);
    }

    [Theory]
    [InlineData(DType.F4)]
    [InlineData(DType.F6E2M3)]
    public void Rearranges_elements_smaller_than_a_byte_only_where_nothing_moves(DType type)
    {
        byte[] bytes = [.. Enumerable.Range(1, 4 * 8 * type.BitSize() / 8).Select(value => (byte)value)];
        var tensor = new MemoryTensor(type, new TensorShape(4, 8), bytes);
        Assert.Same(tensor, tensor.Slice(0, 0, 4));
        Assert.Same(tensor, tensor.Permute(0, 1));
        Assert.Equal(bytes, TensorBytes.Read(tensor.Reshape(new TensorShape(2, 16))));
        Assert.Equal(bytes, TensorBytes.Read(tensor.Reshape(new TensorShape(4, 1, 8)).Permute(1, 0, 2)));
        Assert.Throws<ArgumentException>(() => tensor.Transpose());
        Assert.Throws<ArgumentException>(() => tensor.Slice(0, 0, 2));
        Assert.Throws<ArgumentException>(() => tensor.Gather(0, [1]));
        Assert.Throws<ArgumentException>(() => LazyTensorOperations.Concat(0, tensor, tensor));
    }

    private static int[] With(int[] values, int axis, int value)
    {
        int[] copy = [.. values];
        copy[axis] = value;
        return copy;
    }
}
