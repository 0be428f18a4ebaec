using Transfuse.Formats.Fuzz.Writers;
using Transfuse.Formats.TorchCheckpoint;

namespace Transfuse.Formats.Tests.TorchCheckpoint;

public class TensorRefusalTests
{
    /// <summary>Views of a storage of 12 floats: offset, sizes, strides, cause.</summary>
    public static TheoryData<long, long[], long[], TorchCheckpointError> Views => new()
    {
        { 1, [3, 4], [4, 1], TorchCheckpointError.TensorOutOfBounds },
        { 0, [3, 5], [4, 1], TorchCheckpointError.TensorOutOfBounds },
        { 0, [4, 3], [1, 5], TorchCheckpointError.TensorOutOfBounds },
        { 13, [0], [1], TorchCheckpointError.TensorOutOfBounds },
        { 12, [], [], TorchCheckpointError.TensorOutOfBounds },
        { long.MaxValue, [2], [1], TorchCheckpointError.TensorOutOfBounds },
        { 0, [1_000_000_000], [1], TorchCheckpointError.TensorOutOfBounds },
        { 0, [2, 2, 2], [long.MaxValue, long.MaxValue, long.MaxValue], TorchCheckpointError.TensorOutOfBounds },
        { 0, [1_000_000_000], [0], TorchCheckpointError.TensorInflated },
        { 0, [1000, 1000, 12], [0, 0, 1], TorchCheckpointError.TensorInflated },
        { 0, [262_145], [0], TorchCheckpointError.TensorInflated },
        { -1, [2], [1], TorchCheckpointError.TensorInvalid },
        { 11, [2], [-1], TorchCheckpointError.TensorInvalid },
        { 0, [-1], [1], TorchCheckpointError.TensorInvalid },
        { 0, [-1, -1], [1, 1], TorchCheckpointError.TensorInvalid },
        { 0, [1L << 32, 1L << 32], [0, 0], TorchCheckpointError.TensorInvalid },
        { 0, [1L << 40, 1L << 40, 0], [0, 0, 0], TorchCheckpointError.TensorInvalid },
        { 0, [1], [1, 1], TorchCheckpointError.PickleInvalid },
    };

    [Theory]
    [MemberData(nameof(Views))]
    public void Refuses_views_outside_their_storage(long offset, long[] sizes, long[] strides, TorchCheckpointError error)
    {
        byte[] file = TorchCheck.One("torch.FloatStorage", new byte[48], 12, offset, sizes, strides);
        TorchCheck.Refuses(file, error, error == TorchCheckpointError.PickleInvalid ? "torch._utils._rebuild_tensor_v2" : "w");
    }

    [Fact]
    public void Refuses_many_tensors_that_share_one_storage_into_a_bomb()
    {
        // Each expanded view stays below the limit of one; together they have 400 MB in a file of 40 KB.
        byte[] pickle = TorchCheck.Dictionary(writer =>
        {
            for (int i = 0; i < 400; i++)
            {
                writer.Text($"w{i}").Tensor("torch.FloatStorage", "0", 1, 0, [262_144 - i], [0]);
            }
        });
        TorchCheck.Refuses(TorchWriter.Zip(pickle, [("0", new byte[4])]), TorchCheckpointError.TensorInflated);
    }

    [Fact]
    public void Refuses_more_dimensions_than_PyTorch_has() =>
        TorchCheck.Refuses(
            TorchCheck.One("torch.FloatStorage", new byte[4], 1, 0, [.. Enumerable.Repeat(1L, 65)], [.. Enumerable.Repeat(1L, 65)]),
            TorchCheckpointError.LimitExceeded);

    [Fact]
    public void Reads_as_many_dimensions_as_PyTorch_has()
    {
        long[] sizes = [2, .. Enumerable.Repeat(1L, 62), 2];
        using TorchCheckpointFile file = TorchCheck.Open(
            TorchCheck.One("torch.FloatStorage", TorchCheck.Raw(1f, 2f, 3f, 4f), 4, 0, sizes, [1, .. Enumerable.Repeat(1L, 62), 2]));
        Assert.Equal([1, 3, 2, 4], TorchCheck.Values<float>(file.Tensors.Single().Tensor));
    }

    [Theory]
    [InlineData(13, TorchCheckpointError.StorageSizeMismatch)]
    [InlineData(11, TorchCheckpointError.StorageSizeMismatch)]
    [InlineData(-1, TorchCheckpointError.StorageSizeMismatch)]
    [InlineData(1L << 40, TorchCheckpointError.StorageSizeMismatch)]
    [InlineData(long.MaxValue, TorchCheckpointError.StorageSizeMismatch)]
    public void Refuses_storages_of_another_size_than_their_bytes(long count, TorchCheckpointError error) =>
        TorchCheck.Refuses(TorchCheck.One("torch.FloatStorage", new byte[48], count, 0, [1], [1]), error);

    [Fact]
    public void Refuses_storages_described_in_two_ways()
    {
        foreach ((string storageClass, long count) in new[] { ("torch.FloatStorage", 11L), ("torch.IntStorage", 12L), ("torch.storage.UntypedStorage", 48L) })
        {
            byte[] pickle = TorchCheck.Dictionary(writer => writer
                .Text("a").Tensor("torch.FloatStorage", "0", 12, 0, [1], [1])
                .Text("b").Tensor(storageClass, "0", count, 0, [1], [1]));
            TorchCheck.Refuses(TorchWriter.Zip(pickle, [("0", new byte[48])]), TorchCheckpointError.StorageConflict, "0");
        }
    }

    [Fact]
    public void Refuses_missing_and_unreferenced_storages()
    {
        byte[] pickle = TorchCheck.Dictionary(writer => writer.Text("w").Tensor("torch.FloatStorage", "7", 1, 0, [1], [1]));
        TorchCheck.Refuses(TorchWriter.Zip(pickle, []), TorchCheckpointError.StorageMissing, "7");
        TorchCheck.Refuses(TorchWriter.Zip(pickle, [("7", new byte[4]), ("8", new byte[4])]), TorchCheckpointError.StorageUnreferenced, "archive/data/8");
    }

    [Fact]
    public void Refuses_metadata_that_change_values()
    {
        PickleWriter writer = new PickleWriter().EmptyDict().Text("w").Global(
            "torch._utils",
            "_rebuild_tensor_v2").Mark().Storage("torch.ComplexFloatStorage", "0", 1).Number(0).Integers(1).Integers(1).Bool(false).OrderedDict();
        byte[] start = writer.ToArray();
        byte[] conjugate = [.. start, .. new PickleWriter().EmptyDict().Text("conj").Bool(true).Op('s').Raw((byte)'t', (byte)'R', (byte)'s').Stop().AsSpan(2)];
        TorchCheck.Refuses(TorchWriter.Zip(conjugate, [("0", new byte[8])]), TorchCheckpointError.PickleInvalid, "torch._utils._rebuild_tensor_v2");
        byte[] none = [.. start, .. new PickleWriter().EmptyDict().Raw((byte)'t', (byte)'R', (byte)'s').Stop().AsSpan(2)];
        using TorchCheckpointFile file = TorchCheck.Open(TorchWriter.Zip(none, [("0", TorchCheck.Raw(1f, 2f))]));
        Assert.Equal([1, 2], TorchCheck.Values<float>(file.Tensors.Single().Tensor));
    }

    [Fact]
    public void Refuses_sizes_that_are_no_integers()
    {
        byte[] pickle = new PickleWriter().EmptyDict().Text("w").Global(
            "torch._utils", "_rebuild_tensor_v2").Mark().Storage("torch.FloatStorage", "0", 1).Number(0)
            .Bool(true).Raw(0x85).Integers(1).Bool(false).OrderedDict().Raw((byte)'t', (byte)'R', (byte)'s').Stop();
        TorchCheck.Refuses(TorchWriter.Zip(pickle, [("0", new byte[4])]), TorchCheckpointError.PickleInvalid, "torch._utils._rebuild_tensor_v2");
    }
}
