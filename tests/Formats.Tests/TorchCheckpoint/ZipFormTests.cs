using Transfuse.Formats.Fuzz.Writers;
using Transfuse.Formats.TorchCheckpoint;

namespace Transfuse.Formats.Tests.TorchCheckpoint;

public class ZipFormTests
{
    private static readonly byte[] Pickle = TorchCheck.Dictionary(writer => writer.Text("w").Tensor("torch.FloatStorage", "0", 2, 0, [2], [1]));
    private static readonly byte[] Storage = TorchCheck.Raw(1f, 2f);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Zip64_is_read(bool zip64Entries)
    {
        ZipItem[] items = [.. Items().Select(item => item with { IsZip64 = zip64Entries })];
        using TorchCheckpointFile file = TorchCheck.Open(ZipWriter.Write(items, zip64End: true));
        Assert.Equal([1, 2], TorchCheck.Values<float>(file.Tensors.Single().Tensor));
    }

    [Fact]
    public void The_top_folder_may_have_any_name()
    {
        using TorchCheckpointFile file = TorchCheck.Open(TorchWriter.Zip(Pickle, [("0", Storage)], top: "adapter_model"));
        Assert.Equal([1, 2], TorchCheck.Values<float>(file.Tensors.Single().Tensor));
    }

    [Theory]
    [InlineData("Big")]
    [InlineData("little\n")]
    [InlineData("")]
    [InlineData("middle-endian of some length")]
    public void Refuses_unknown_byte_orders(string text) =>
        TorchCheck.Refuses(TorchWriter.Zip(Pickle, [("0", Storage)], text), TorchCheckpointError.ByteOrderUnknown, "archive/byteorder");

    [Theory]
    [InlineData("/archive/x")]
    [InlineData("../archive/x")]
    [InlineData("archive/../x")]
    [InlineData("archive/./x")]
    [InlineData("archive//x")]
    [InlineData("archive/data/")]
    [InlineData("archive\\x")]
    [InlineData("C:/archive/x")]
    [InlineData("archive/\u0001")]
    [InlineData("")]
    public void Refuses_names_that_climb_or_are_absolute(string name) =>
        TorchCheck.Refuses(ZipWriter.Write([.. Items(), new ZipItem(name, [])]), TorchCheckpointError.EntryNameUnsafe);

    [Fact]
    public void Refuses_names_that_are_not_text()
    {
        TorchCheck.Refuses(ZipWriter.Write([.. Items(), new ZipItem("archive/.é", []) { Flags = 0 }]), TorchCheckpointError.EntryNameUnsafe);
        byte[] file = ZipWriter.Write([.. Items(), new ZipItem("archive/.e", [])]);
        file[file.AsSpan().LastIndexOf("archive/.e"u8) + 9] = 0xff;
        TorchCheck.Refuses(file, TorchCheckpointError.EntryNameUnsafe);
    }

    [Fact]
    public void Refuses_two_entries_of_one_name() =>
        TorchCheck.Refuses(ZipWriter.Write([.. Items(), new ZipItem("archive/data/0", Storage)]), TorchCheckpointError.EntryDuplicate, "archive/data/0");

    [Fact]
    public void Refuses_compressed_entries() =>
        TorchCheck.Refuses(
            ZipWriter.Write([.. Items(), ZipItem.Deflated("archive/.x", new byte[100_000])]), TorchCheckpointError.EntryCompressed, "archive/.x");

    [Theory]
    [InlineData(0x0001)]
    [InlineData(0x0041)]
    [InlineData(0x2001)]
    public void Refuses_encrypted_entries(ushort flags) =>
        TorchCheck.Refuses(ZipWriter.Write([.. Items(), new ZipItem("archive/.x", []) { Flags = flags }]), TorchCheckpointError.EntryEncrypted, "archive/.x");

    [Fact]
    public void Refuses_entries_that_share_bytes()
    {
        // Two names for one local header, a header inside another's data, and data that reach into the next header.
        TorchCheck.Refuses(ZipWriter.Write([.. Items(), new ZipItem("archive/.x", []) { HeaderPosition = 0 }]), TorchCheckpointError.EntryOverlap);
        TorchCheck.Refuses(ZipWriter.Write([.. Items(), new ZipItem("archive/.x", []) { HeaderPosition = 60 }]), TorchCheckpointError.EntryOverlap);
        ZipItem[] items = [.. Items()];
        items[0] = items[0] with { StoredLength = Pickle.Length + 40, Length = Pickle.Length + 40 };
        TorchCheck.Refuses(ZipWriter.Write(items), TorchCheckpointError.EntryOverlap, "archive/data.pkl");
    }

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(uint.MaxValue - 1)]
    [InlineData(long.MaxValue)]
    public void Refuses_entries_outside_the_file(long position)
    {
        ZipItem item = new("archive/.x", []) { HeaderPosition = position, IsZip64 = true };
        TorchCheck.Refuses(ZipWriter.Write([.. Items(), item]), TorchCheckpointError.EntryOverlap, "archive/.x");
        ZipItem large = new("archive/.x", []) { StoredLength = position, Length = position, IsZip64 = true };
        TorchCheck.Refuses(ZipWriter.Write([.. Items(), large]), TorchCheckpointError.EntryOverlap, "archive/.x");
    }

    [Fact]
    public void Refuses_directories_that_contradict_themselves()
    {
        TorchCheck.Refuses(ZipWriter.Write([.. Items(), new ZipItem("archive/.x", []) { Length = 1 }]), TorchCheckpointError.ArchiveInvalid, "archive/.x");
        TorchCheck.Refuses(
            ZipWriter.Write([.. Items(), new ZipItem("archive/.x", []) { LocalName = "archive/.y" }]), TorchCheckpointError.ArchiveInvalid, "archive/.x");
        TorchCheck.Refuses(
            ZipWriter.Write([.. Items(), new ZipItem("archive/.x", [1]) { HeaderPosition = -1, IsZip64 = true }]), TorchCheckpointError.ArchiveInvalid,
            "archive/.x");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(255)]
    public void Refuses_end_records_with_another_count(byte count)
    {
        byte[] file = ZipWriter.Write([.. Items()]);
        file[^12] = count;
        file[^14] = count;
        TorchCheck.Refuses(file, TorchCheckpointError.ArchiveInvalid);
    }

    [Fact]
    public void Refuses_counts_and_directories_beyond_any_adapter()
    {
        // A zip64 record that claims two million entries, or a directory of 512 MiB, which the length of the file contradicts first.
        byte[] file = ZipWriter.Write([.. Items()], zip64End: true);
        int record = file.AsSpan().LastIndexOf("PK\x06\x06"u8);
        byte[] many = [.. file];
        BitConverter.TryWriteBytes(many.AsSpan(record + 24), 2_000_000L);
        BitConverter.TryWriteBytes(many.AsSpan(record + 32), 2_000_000L);
        TorchCheck.Refuses(many, TorchCheckpointError.LimitExceeded);
        byte[] large = [.. file];
        BitConverter.TryWriteBytes(large.AsSpan(record + 40), 512L << 20);
        TorchCheck.Refuses(large, TorchCheckpointError.ArchiveInvalid);
    }

    [Fact]
    public void Refuses_bytes_after_the_archive() => TorchCheck.Refuses([.. TorchWriter.Zip(Pickle, [("0", Storage)]), 0], TorchCheckpointError.Truncated);

    [Fact]
    public void Refuses_archives_without_one_pickle()
    {
        TorchCheck.Refuses(ZipWriter.Write(new ZipItem("archive/data/0", Storage)), TorchCheckpointError.PickleMissing);
        TorchCheck.Refuses(ZipWriter.Write([.. Items(), new ZipItem("other/data.pkl", Pickle)]), TorchCheckpointError.PickleMissing, "other/data.pkl");
        TorchCheck.Refuses(ZipWriter.Write(new ZipItem("data.pkl", Pickle)), TorchCheckpointError.PickleMissing);
    }

    [Theory]
    [InlineData("version")]
    [InlineData("elsewhere/data/0")]
    [InlineData("archive2/version")]
    [InlineData("archive/extra")]
    public void Refuses_entries_that_PyTorch_does_not_write(string name) =>
        TorchCheck.Refuses(ZipWriter.Write([.. Items(), new ZipItem(name, [])]), TorchCheckpointError.EntryUnexpected, name);

    [Theory]
    [InlineData("archive/constants.pkl")]
    [InlineData("archive/code/__torch__.py")]
    public void Refuses_TorchScript(string name) =>
        TorchCheck.Refuses(ZipWriter.Write([.. Items(), new ZipItem(name, [])]), TorchCheckpointError.TorchScript, name);

    [Fact]
    public void Every_prefix_of_an_archive_is_refused()
    {
        byte[] file = TorchWriter.Zip(Pickle, [("0", Storage)]);
        for (int length = 0; length < file.Length; length++)
        {
            byte[] prefix = file[..length];
            var exception = Assert.Throws<TorchCheckpointException>(() => TorchCheck.Open(prefix));
            Assert.Equal(length is 1 or 2 or 3 ? TorchCheckpointError.UnknownFormat : TorchCheckpointError.Truncated, exception.Error);
        }
    }

    private static List<ZipItem> Items() => TorchWriter.Items(Pickle, [("0", Storage)]);
}
