using System.Text;
using Transfuse.Formats.Files;
using Transfuse.Formats.Fuzz.Writers;
using Transfuse.Formats.TorchCheckpoint;

namespace Transfuse.Formats.Tests.TorchCheckpoint;

public class LegacyFormTests
{
    private static readonly byte[] Pickle = TorchCheck.Dictionary(writer => writer
        .Text("a").Tensor("torch.FloatStorage", "93825", 6, 0, [3, 2], [1, 3], legacy: true)
        .Text("b").Tensor("torch.HalfStorage", "17", 2, 1, [1], [1], legacy: true));

    private static readonly (string Key, long Count, byte[] Bytes)[] Storages =
    [
        ("17", 2, TorchCheck.Raw((ushort)0x3c00, (ushort)0x4000)),
        ("93825", 6, TorchCheck.Raw(0f, 1f, 2f, 3f, 4f, 5f)),
    ];

    /// <summary>PyTorch writes little-endian on every machine and says only what the machine is.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Storages_follow_in_the_order_of_their_keys(bool littleEndianMachine)
    {
        using TorchCheckpointFile file = TorchCheck.Open(TorchWriter.Legacy(Pickle, Storages, littleEndianMachine));
        Assert.Equal(["a", "b"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([0, 3, 1, 4, 2, 5], TorchCheck.Values<float>(file.Tensors[0].Tensor));
        Assert.Equal([(Half)2], TorchCheck.Values<Half>(file.Tensors[1].Tensor));
        Assert.True(file.Tensors[1].Tensor.SupportsRanges);
    }

    [Fact]
    public void Refuses_complex_numbers_of_big_endian_machines()
    {
        byte[] pickle = TorchCheck.Dictionary(writer => writer.Text("w").Tensor("torch.ComplexFloatStorage", "0", 1, 0, [1], [1], legacy: true));
        (string, long, byte[])[] storages = [("0", 1, new byte[8])];
        TorchCheck.Refuses(TorchWriter.Legacy(pickle, storages, littleEndian: false), TorchCheckpointError.TypeUnsupported, "w");
        using TorchCheckpointFile file = TorchCheck.Open(TorchWriter.Legacy(pickle, storages));
        Assert.Equal(8, file.Tensors.Single().Tensor.ByteLength);
    }

    [Fact]
    public void Every_prefix_is_refused()
    {
        byte[] file = TorchWriter.Legacy(Pickle, Storages);
        for (int length = 0; length < file.Length; length++)
        {
            byte[] prefix = file[..length];
            Assert.Equal(TorchCheckpointError.Truncated, Assert.Throws<TorchCheckpointException>(() => TorchCheck.Open(prefix)).Error);
        }

        TorchCheck.Refuses([.. file, 0], TorchCheckpointError.TrailingBytes);
    }

    [Fact]
    public void Refuses_storages_of_another_size()
    {
        TorchCheck.Refuses(TorchWriter.Legacy(Pickle, [Storages[0], ("93825", 5, Storages[1].Bytes)]), TorchCheckpointError.StorageSizeMismatch, "93825");
        TorchCheck.Refuses(
            TorchWriter.Legacy(Pickle, [Storages[0], ("93825", long.MinValue, Storages[1].Bytes)]), TorchCheckpointError.StorageSizeMismatch, "93825");
        byte[] huge = TorchCheck.Dictionary(writer => writer.Text("a").Tensor("torch.DoubleStorage", "0", 1L << 60, 0, [1], [1], legacy: true));
        TorchCheck.Refuses(TorchWriter.Legacy(huge, [("0", 1L << 60, [])]), TorchCheckpointError.StorageSizeMismatch, "0");
    }

    [Fact]
    public void Refuses_lists_of_other_storages()
    {
        TorchCheck.Refuses(TorchWriter.Legacy(Pickle, [Storages[0]]), TorchCheckpointError.StorageMissing, "93825");
        TorchCheck.Refuses(TorchWriter.Legacy(Pickle, [.. Storages, ("5", 0, [])]), TorchCheckpointError.StorageUnreferenced);
        TorchCheck.Refuses(TorchWriter.Legacy(Pickle, [.. Storages, Storages[0]]), TorchCheckpointError.StorageConflict, "17");
    }

    [Fact]
    public void Refuses_views_of_storages()
    {
        byte[] pickle = new PickleWriter().EmptyDict().Text("w").Global("torch._utils", "_rebuild_tensor").Mark()
            .Mark()
                .Text("storage")
                .Global("torch", "FloatStorage")
                .Text("1")
                .Text("cpu")
                .Number(2)
                .Mark()
                .Text("0")
                .Number(0)
                .Number(2)
                .Raw((byte)'t', (byte)'t', (byte)'Q')
            .Number(0).Integers(2).Integers(1).Raw((byte)'t', (byte)'R', (byte)'s').Stop();
        TorchCheck.Refuses(TorchWriter.Legacy(pickle, [("1", 2, new byte[8])]), TorchCheckpointError.TypeUnsupported, "1");
    }

    [Fact]
    public void Refuses_ids_of_the_other_form()
    {
        TorchCheck.Refuses(TorchWriter.Zip(Pickle, []), TorchCheckpointError.PickleInvalid, "BINPERSID");
        byte[] zipLike = TorchCheck.Dictionary(writer => writer.Text("a").Tensor("torch.FloatStorage", "0", 1, 0, [1], [1]));
        TorchCheck.Refuses(TorchWriter.Legacy(zipLike, [("0", 1, new byte[4])]), TorchCheckpointError.PickleInvalid, "BINPERSID");
    }

    [Fact]
    public void Refuses_another_protocol_version_and_missing_system_information()
    {
        byte[] file = TorchWriter.Legacy(Pickle, Storages);
        byte[] version = [.. file];
        version[18] = 0xea;
        TorchCheck.Refuses(version, TorchCheckpointError.UnknownFormat);
        byte[] information = [.. file];
        information[information.AsSpan().IndexOf("little_endian"u8)] = (byte)'L';
        TorchCheck.Refuses(information, TorchCheckpointError.PickleInvalid, "little_endian");
    }

    [Theory]
    [InlineData("\u0080\u0002}q\0.", TorchCheckpointError.UnknownFormat)]
    [InlineData("\u0080\u0002\u008a\u000alüFù j¨P\u0019.", TorchCheckpointError.UnknownFormat)]
    [InlineData("PK\u0005\u0006", TorchCheckpointError.UnknownFormat)]
    [InlineData("GGUF", TorchCheckpointError.UnknownFormat)]
    [InlineData("", TorchCheckpointError.Truncated)]
    public void Refuses_other_beginnings(string start, TorchCheckpointError error) => TorchCheck.Refuses(Encoding.Latin1.GetBytes(start), error);

    [Fact]
    public void Refuses_the_tar_form_by_name()
    {
        byte[] tar = new byte[1024];
        "storages"u8.CopyTo(tar);
        "ustar"u8.CopyTo(tar.AsSpan(257));
        TorchCheckpointException exception = TorchCheck.Refuses(tar, TorchCheckpointError.TarForm);
        Assert.Contains("tar form", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_source_is_disposed()
    {
        var source = new MemoryByteSource("x.bin", new byte[100]);
        Assert.Throws<TorchCheckpointException>(() => TorchCheckpointFile.Open(source));
        Assert.Throws<ObjectDisposedException>(() => source.Read(0, new byte[1]));
    }
}
