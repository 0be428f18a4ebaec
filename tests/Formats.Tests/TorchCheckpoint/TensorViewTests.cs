using Transfuse.Formats.Fuzz.Writers;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.TorchCheckpoint;

namespace Transfuse.Formats.Tests.TorchCheckpoint;

public class TensorViewTests
{
    private static readonly float[] Twelve = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

    [Fact]
    public void Transposed_views_come_out_row_major()
    {
        using TorchCheckpointFile file = TorchCheck.Open(TorchCheck.One("torch.FloatStorage", TorchCheck.Raw(Twelve), 12, 0, [4, 3], [1, 4]));
        LazyTensor tensor = file.Tensors.Single().Tensor;
        Assert.Equal(new TensorShape(4, 3), tensor.Shape);
        Assert.Equal([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], TorchCheck.Values<float>(tensor));
        Assert.False(tensor.SupportsRanges);
        Assert.Throws<NotSupportedException>(() => tensor.ReadRange(0, new byte[4], TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Sliced_views_start_at_their_offset()
    {
        // rows 1 and 2, columns 1 and 3 of a (3, 4) matrix
        using TorchCheckpointFile file = TorchCheck.Open(TorchCheck.One("torch.FloatStorage", TorchCheck.Raw(Twelve), 12, 5, [2, 2], [4, 2]));
        Assert.Equal([5, 7, 9, 11], TorchCheck.Values<float>(file.Tensors.Single().Tensor));
    }

    [Fact]
    public void Contiguous_parts_of_a_storage_are_range_readable()
    {
        using TorchCheckpointFile file = TorchCheck.Open(TorchCheck.One("torch.FloatStorage", TorchCheck.Raw(Twelve), 12, 4, [1, 2, 4], [999, 4, 1]));
        LazyTensor tensor = file.Tensors.Single().Tensor;
        Assert.True(tensor.SupportsRanges);
        byte[] range = new byte[8];
        tensor.ReadRange(12, range, TestContext.Current.CancellationToken);
        Assert.Equal(TorchCheck.Raw(7f, 8f), range);
        Assert.Equal([4, 5, 6, 7, 8, 9, 10, 11], TorchCheck.Values<float>(tensor));
    }

    [Fact]
    public void Three_axes_are_permuted()
    {
        short[] values = [.. Enumerable.Range(0, 24).Select(value => (short)value)];
        using TorchCheckpointFile file = TorchCheck.Open(TorchCheck.One("torch.ShortStorage", TorchCheck.Raw(values), 24, 0, [4, 2, 3], [1, 12, 4]));
        short[] expected =
            [.. from i in Enumerable.Range(0, 4) from j in Enumerable.Range(0, 2) from k in Enumerable.Range(0, 3) select values[i + (12 * j) + (4 * k)]];
        Assert.Equal(expected, TorchCheck.Values<short>(file.Tensors.Single().Tensor));
    }

    [Fact]
    public void Small_expanded_views_are_repeated()
    {
        using TorchCheckpointFile file = TorchCheck.Open(TorchCheck.One("torch.FloatStorage", TorchCheck.Raw(1f, 2f), 2, 0, [3, 2], [0, 1]));
        Assert.Equal([1, 2, 1, 2, 1, 2], TorchCheck.Values<float>(file.Tensors.Single().Tensor));
    }

    [Fact]
    public void Scalars_and_empty_tensors_have_their_shapes()
    {
        byte[] pickle = TorchCheck.Dictionary(writer => writer
            .Text("scalar").Tensor("torch.FloatStorage", "0", 1, 0, [], [])
            .Text("empty").Tensor("torch.FloatStorage", "1", 0, 0, [0, 64], [64, 1]));
        using TorchCheckpointFile file = TorchCheck.Open(TorchWriter.Zip(pickle, [("0", TorchCheck.Raw(7f)), ("1", [])]));
        Assert.Equal(["empty", "scalar"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal(new TensorShape(0, 64), file.Tensors[0].Tensor.Shape);
        Assert.Empty(TorchCheck.Bytes(file.Tensors[0].Tensor));
        Assert.Equal(new TensorShape(), file.Tensors[1].Tensor.Shape);
        Assert.Equal([7f], TorchCheck.Values<float>(file.Tensors[1].Tensor));
    }

    [Fact]
    public void Names_of_one_view_share_one_instance_and_views_of_one_storage_do_not()
    {
        byte[] pickle = TorchCheck.Dictionary(writer => writer
            .Text("tied").Tensor("torch.FloatStorage", "0", 4, 0, [2, 2], [2, 1]).Put(0)
            .Text("again").Tensor("torch.FloatStorage", "0", 4, 0, [2, 2], [2, 1])
            .Text("memo").Get(0)
            .Text("transposed").Tensor("torch.FloatStorage", "0", 4, 0, [2, 2], [1, 2]));
        using TorchCheckpointFile file = TorchCheck.Open(TorchWriter.Zip(pickle, [("0", TorchCheck.Raw(1f, 2f, 3f, 4f))]));
        var byName = file.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Tensor);
        Assert.Same(byName["tied"], byName["again"]);
        Assert.Same(byName["tied"], byName["memo"]);
        Assert.NotSame(byName["tied"], byName["transposed"]);
        Assert.Equal([1, 2, 3, 4], TorchCheck.Values<float>(byName["tied"]));
        Assert.Equal([1, 3, 2, 4], TorchCheck.Values<float>(byName["transposed"]));
    }

    [Fact]
    public void Cancellation_ends_a_read()
    {
        using TorchCheckpointFile file = TorchCheck.Open(TorchCheck.One("torch.FloatStorage", TorchCheck.Raw(Twelve), 12, 0, [4, 3], [1, 4]));
        Assert.Throws<OperationCanceledException>(() => file.Tensors[0].Tensor.CopyTo(new byte[48], new CancellationToken(canceled: true)));
    }
}
