using Transfuse.Formats.Tensors;
using Transfuse.Formats.Tests.Tensors.Support;

namespace Transfuse.Formats.Tests.Tensors;

public class SimplificationTests
{
    private static readonly LazyTensor Matrix = PlainTensor.Random([4, 6], 4, new Random(8)).ToTensor(DType.F32, ranges: true);

    [Fact]
    public void Returns_the_tensor_itself_where_nothing_changes()
    {
        Assert.Same(Matrix, Matrix.Cast(DType.F32));
        Assert.Same(Matrix, Matrix.Scale(1));
        Assert.Same(Matrix, Matrix.ScaleByPowerOfTwo(0));
        Assert.Same(Matrix, Matrix.Reshape(new TensorShape(4, 6)));
        Assert.Same(Matrix, Matrix.Slice(0, 0, 4));
        Assert.Same(Matrix, Matrix.Slice(1, 0, 6));
        Assert.Same(Matrix, Matrix.Gather(0, [0, 1, 2, 3]));
        Assert.Same(Matrix, Matrix.Permute(0, 1));
        Assert.Same(Matrix, Matrix.PadWithZeros(1, 6));
        Assert.Same(Matrix, LazyTensorOperations.Concat(1, Matrix));
        Assert.Same(Matrix, LazyTensorOperations.Concat(0, LazyTensorOperations.Zeros(DType.F32, new TensorShape(0, 6)), Matrix));
        Assert.Same(Matrix, LazyTensorOperations.BlockDiagonal(Matrix));
    }

    [Fact]
    public void Undoes_what_undoes_itself()
    {
        Assert.Same(Matrix, Matrix.Transpose().Transpose());
        Assert.Same(Matrix, Matrix.Reshape(new TensorShape(24)).Reshape(new TensorShape(4, 6)));
        Assert.Same(Matrix, Matrix.Reshape(new TensorShape(24)).Reshape(new TensorShape(2, 12)).Reshape(new TensorShape(4, 6)));
        LazyTensor cube = Matrix.Reshape(new TensorShape(2, 2, 6));
        Assert.Same(cube, cube.Permute(2, 0, 1).Permute(1, 2, 0));
        LazyTensor row = Matrix.Reshape(new TensorShape(1, 24));
        Assert.Same(Matrix, row.Transpose().Transpose().Reshape(new TensorShape(4, 6)));
        Assert.Same(Matrix, LazyTensorOperations.Stack(Matrix).Reshape(new TensorShape(4, 6)));
    }

    [Fact]
    public void Serves_ranges_where_axes_of_extent_1_move()
    {
        Assert.True(Matrix.Reshape(new TensorShape(1, 24)).Transpose().SupportsRanges);
        Assert.True(Matrix.Reshape(new TensorShape(4, 1, 6, 1)).Permute(3, 0, 2, 1).SupportsRanges);
        Assert.False(Matrix.Transpose().SupportsRanges);
    }

    [Fact]
    public void Selects_before_work_rather_than_after_it()
    {
        PlainTensor plain = PlainTensor.Random([8, 3, 4096], 2, new Random(9));
        var counting = new CountingTensor(plain.ToTensor(DType.BF16, ranges: true), ranges: true);
        LazyTensor expert = counting.Permute(2, 0, 1).Slice(1, 5, 1);
        Assert.Equal(PlainTensor.Build([4096, 1, 3], index => plain[5, index[2], index[0]]).ToBytes(), TensorBytesOnce(expert));
        Assert.Equal(3 * 4096 * 2, counting.BytesRead);

        LazyTensor scaled = counting.Cast(DType.F32).Scale(2).Slice(0, 2, 2);
        Assert.True(scaled.SupportsRanges);
        TensorBytesOnce(scaled);
        Assert.Equal(3 * 3 * 4096 * 2, counting.BytesRead);
    }

    [Fact]
    public void Selects_the_factors_along_with_what_they_scale()
    {
        float[] rows = [1, 2, 3, 4];
        foreach (LazyTensor tensor in new[] { Matrix, new OpaqueTensor(Matrix) })
        {
            byte[] scaledRows = TensorBytes.Read(tensor.ScaleRows(rows));
            var asRows = new OpaqueTensor(new MemoryTensor(DType.F32, Matrix.Shape, scaledRows));
            Assert.Equal(TensorBytes.Read(asRows.Slice(0, 1, 2)), TensorBytes.Read(tensor.ScaleRows(rows).Slice(0, 1, 2)));
            Assert.Equal(TensorBytes.Read(asRows.Gather(0, [3, 0])), TensorBytes.Read(tensor.ScaleRows(rows).Gather(0, [3, 0])));
            Assert.Equal(TensorBytes.Read(asRows.Slice(1, 1, 2)), TensorBytes.Read(tensor.ScaleRows(rows).Slice(1, 1, 2)));
        }
    }

    [Fact]
    public void Selects_from_a_concatenation_the_parts_that_are_needed()
    {
        PlainTensor plain = PlainTensor.Random([3, 5], 4, new Random(10));
        CountingTensor[] parts = [.. Enumerable.Range(0, 3).Select(_ => new CountingTensor(plain.ToTensor(DType.I32, ranges: false), ranges: false))];
        LazyTensor stacked = LazyTensorOperations.Stack([.. parts]);
        Assert.Equal(plain.ToBytes(), TensorBytesOnce(stacked.Slice(0, 1, 1)));
        Assert.Equal([0, 60, 0], parts.Select(part => part.BytesRead));

        LazyTensor joined = LazyTensorOperations.Concat(1, [.. parts]);
        PlainTensor expected = PlainTensor.Build([3, 9], index => plain[index[0], (index[1] + 3) % 5]);
        Assert.Equal(expected.ToBytes(), TensorBytes.Read(joined.Slice(1, 3, 9)));
        Assert.Equal(PlainTensor.Build([3, 3], index => plain[index[0], index[1] * 6 % 5]).ToBytes(), TensorBytes.Read(joined.Slice(1, 0, 3, 6)));
        Assert.Equal(PlainTensor.Build([1, 15], index => plain[2, index[1] % 5]).ToBytes(), TensorBytes.Read(joined.Slice(0, 2, 1)));
    }

    [Fact]
    public void Composes_operations_like_nested_loops() => TensorCases.Check(3, 3, 6, (type, plain, tensor, random) =>
    {
        int[] axes = [0, 1, 2];
        random.Shuffle(axes);
        int axis = random.Next(3);
        long[] indices = [.. Enumerable.Range(0, 4).Select(_ => (long)random.Next(Math.Max(1, plain.Extents[axes[axis]])))];
        if (plain.Extents[axes[axis]] == 0)
        {
            return;
        }

        PlainTensor expected = PlainTensor.Build(
            [.. axes.Select((from, to) => to == axis ? 4 : plain.Extents[from])],
            index =>
            {
                int[] from = new int[3];
                for (int i = 0; i < 3; i++)
                {
                    from[axes[i]] = i == axis ? (int)indices[index[i]] : index[i];
                }

                return plain[from];
            });
        Assert.Equal(expected.ToBytes(), TensorBytes.Read(tensor.Permute(axes).Gather(axis, indices)));
    });

    private static byte[] TensorBytesOnce(LazyTensor tensor)
    {
        byte[] bytes = new byte[tensor.ByteLength];
        tensor.CopyTo(bytes);
        return bytes;
    }
}
