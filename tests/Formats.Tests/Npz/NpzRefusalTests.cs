using Transfuse.Formats.Files;
using Transfuse.Formats.Fuzz.Writers;
using Transfuse.Formats.Npz;

namespace Transfuse.Formats.Tests.Npz;

public class NpzRefusalTests
{
    private static readonly byte[] Member = NpyWriter.Write("<f4", [2], [0, 0, 128, 63, 0, 0, 0, 64]);

    [Theory]
    [InlineData("|O", NpzError.ObjectArray)]
    [InlineData("O", NpzError.ObjectArray)]
    [InlineData("<f3", NpzError.TypeUnsupported)]
    [InlineData("|f4", NpzError.TypeUnsupported)]
    [InlineData("f4", NpzError.TypeUnsupported)]
    [InlineData("=f4", NpzError.TypeUnsupported)]
    [InlineData("<c16", NpzError.TypeUnsupported)]
    [InlineData("<f16", NpzError.TypeUnsupported)]
    [InlineData("<U4", NpzError.TypeUnsupported)]
    [InlineData("|S4", NpzError.TypeUnsupported)]
    [InlineData("<M8[ns]", NpzError.TypeUnsupported)]
    [InlineData("|V1", NpzError.TypeUnsupported)]
    [InlineData("", NpzError.TypeUnsupported)]
    [InlineData("<", NpzError.TypeUnsupported)]
    public void Refuses_types_by_name(string descr, NpzError error)
    {
        NpzException exception = NpzCheck.Refuses(NpzCheck.Archive(NpyWriter.Write(descr, [1], new byte[8])), error, "w.npy");
        Assert.Contains("'w.npy'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_records()
    {
        byte[] member = NpyWriter.WriteHeader("{'descr': [('a', '<f4'), ('b', '|O')], 'fortran_order': False, 'shape': (1,), }", new byte[8]);
        NpzCheck.Refuses(NpzCheck.Archive(member), NpzError.StructuredArray, "w.npy");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'extra': 1}")]
    [InlineData("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}")]
    [InlineData("{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': [2]}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2 1)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2L,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999999999999,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (999999999999, 999999999999)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2,")]
    [InlineData("{'descr': '\\x3cf4', 'fortran_order': False, 'shape': (2,)}")]
    [InlineData("{'descr': '<f4, 'fortran_order: False, shape: (2,)}")]
    [InlineData("{descr: '<f4', 'fortran_order': False, 'shape': (2,)}")]
    [InlineData("[('descr', '<f4')]")]
    public void Refuses_headers_that_are_no_such_dictionary(string header) =>
        NpzCheck.Refuses(NpzCheck.Archive(NpyWriter.WriteHeader(header, new byte[8])), NpzError.HeaderInvalid, "w.npy");

    [Fact]
    public void Refuses_more_dimensions_than_numpy_has()
    {
        byte[] Sizes(int count) => NpyWriter.Write("|u1", [.. Enumerable.Repeat(1L, count)], [7]);
        NpzCheck.Refuses(NpzCheck.Archive(Sizes(65)), NpzError.HeaderInvalid, "w.npy");
        using NpzFile file = NpzCheck.One(Sizes(64));
        Assert.Equal(64, file.Tensors.Single().Tensor.Shape.Rank);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(0x80)]
    public void Refuses_other_versions(byte version)
    {
        byte[] member = [.. Member];
        member[6] = version;
        NpzCheck.Refuses(NpzCheck.Archive(member), NpzError.VersionUnsupported, "w.npy");
        member[6] = 1;
        member[7] = 1;
        NpzCheck.Refuses(NpzCheck.Archive(member), NpzError.VersionUnsupported, "w.npy");
    }

    [Fact]
    public void Refuses_members_that_are_no_arrays()
    {
        NpzCheck.Refuses(NpzCheck.Archive(new byte[200]), NpzError.MagicMissing, "w.npy");
        NpzCheck.Refuses(ZipWriter.Write(new ZipItem("w", Member)), NpzError.MemberNotArray, "w");
        NpzCheck.Refuses(ZipWriter.Write(new ZipItem(".npy", Member)), NpzError.MemberNotArray, ".npy");
        NpzCheck.Refuses(ZipWriter.Write(new ZipItem("w.NPY", Member)), NpzError.MemberNotArray, "w.NPY");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Refuses_arrays_of_another_size(bool deflated)
    {
        NpzCheck.Refuses(NpzCheck.Archive([.. Member, 0], deflated), NpzError.SizeMismatch, "w.npy");
        NpzCheck.Refuses(NpzCheck.Archive(Member[..^1], deflated), NpzError.SizeMismatch, "w.npy");
        NpzCheck.Refuses(NpzCheck.Archive(Member[..100], deflated), NpzError.SizeMismatch, "w.npy");
        NpzCheck.Refuses(NpzCheck.Archive(Member[..9], deflated), NpzError.SizeMismatch, "w.npy");
        NpzCheck.Refuses(NpzCheck.Archive(Member[..3], deflated), NpzError.SizeMismatch, "w.npy");
        NpzCheck.Refuses(NpzCheck.Archive(NpyWriter.Write("<f8", [1_000_000_000], []), deflated), NpzError.SizeMismatch, "w.npy");
    }

    [Fact]
    public void Refuses_long_headers()
    {
        byte[] member = NpyWriter.WriteHeader(new string(' ', 20_000), []);
        NpzCheck.Refuses(NpzCheck.Archive(member), NpzError.LimitExceeded, "w.npy");
        byte[] second = NpyWriter.Write("<f4", [2], new byte[8], version: 2);
        second[11] = 0xff;
        NpzCheck.Refuses(NpzCheck.Archive(second), NpzError.LimitExceeded, "w.npy");
    }

    [Fact]
    public void Refuses_sizes_that_deflate_cannot_reach()
    {
        // 4 GB said to be in a hundred bytes
        ZipItem item = ZipItem.Deflated("w.npy", NpyWriter.Write("|u1", [4_000_000_000], [])) with { Length = 4_000_000_128 };
        NpzCheck.Refuses(ZipWriter.Write(item), NpzError.LimitExceeded, "w.npy");
    }

    [Fact]
    public void Refuses_a_bomb_of_many_members()
    {
        // 150 MB said to be in 150 KB, which deflate can do and adapters do not need
        ZipItem[] items = [.. Enumerable.Range(0, 5).Select(i => new ZipItem($"w{i}.npy", new byte[30 << 10]) { Method = 8, Length = 30 << 20 })];
        NpzException exception = NpzCheck.Refuses(ZipWriter.Write(items), NpzError.LimitExceeded);
        Assert.Contains("would grow", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_members_that_decompress_to_more_than_they_say()
    {
        // the directory and the header agree on 8 bytes; the stream goes on
        byte[] longer = [.. Member, .. new byte[5000]];
        ZipItem item = ZipItem.Deflated("w.npy", longer) with { Length = Member.Length };
        NpzCheck.Refuses(ZipWriter.Write(item), NpzError.SizeMismatch, "w.npy");
        ZipItem shorter = ZipItem.Deflated("w.npy", Member) with { Length = Member.Length + 4 };
        byte[] claimed = NpyWriter.Write("<f4", [3], Member[^8..]);
        NpzCheck.Refuses(ZipWriter.Write(ZipItem.Deflated("w.npy", claimed) with { Length = claimed.Length + 4 }), NpzError.SizeMismatch, "w.npy");
        NpzCheck.Refuses(ZipWriter.Write(shorter), NpzError.SizeMismatch, "w.npy");
    }

    [Fact]
    public void Refuses_damaged_bytes_when_they_are_read()
    {
        byte[] file = NpzCheck.Archive(Member);
        file[file.AsSpan().IndexOf(Member) + Member.Length - 1] ^= 0x10;
        using NpzFile opened = NpzCheck.Open(file);
        NpzException exception = Assert.Throws<NpzException>(() => NpzCheck.Bytes(opened.Tensors[0].Tensor));
        Assert.Equal(NpzError.ChecksumMismatch, exception.Error);
        Assert.Equal("w.npy", exception.Item);
        NpzCheck.Refuses(ZipWriter.Write(ZipItem.Deflated("w.npy", Member) with { Crc = 0x12345678 }), NpzError.ChecksumMismatch, "w.npy");
    }

    [Fact]
    public void Refuses_bytes_that_are_no_deflate_stream()
    {
        ZipItem item = new("w.npy", [.. Enumerable.Repeat((byte)0xff, 200)]) { Method = 8, Length = Member.Length };
        NpzCheck.Refuses(ZipWriter.Write(item), NpzError.DataInvalid, "w.npy");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    [InlineData(14)]
    [InlineData(93)]
    public void Refuses_other_compressions(ushort method) =>
        NpzCheck.Refuses(ZipWriter.Write(new ZipItem("w.npy", Member) { Method = method }), NpzError.CompressionUnsupported, "w.npy");

    [Fact]
    public void Refuses_archives_that_have_more_than_one_meaning()
    {
        NpzCheck.Refuses(ZipWriter.Write(new ZipItem("w.npy", Member), new ZipItem("w.npy", Member)), NpzError.EntryDuplicate, "w.npy");
        NpzCheck.Refuses(ZipWriter.Write(new ZipItem("../w.npy", Member)), NpzError.EntryNameUnsafe, "../w.npy");
        NpzCheck.Refuses(ZipWriter.Write(new ZipItem("/w.npy", Member)), NpzError.EntryNameUnsafe, "/w.npy");
        NpzCheck.Refuses(ZipWriter.Write(new ZipItem("w.npy", Member) { Flags = 1 }), NpzError.EntryEncrypted, "w.npy");
        NpzCheck.Refuses(ZipWriter.Write(new ZipItem("w.npy", Member), new ZipItem("v.npy", Member) { HeaderPosition = 0 }), NpzError.EntryOverlap);
        NpzCheck.Refuses(ZipWriter.Write(new ZipItem("w.npy", Member) { LocalName = "v.npy" }), NpzError.ArchiveInvalid, "w.npy");
        NpzCheck.Refuses([.. NpzCheck.Archive(Member), 0], NpzError.Truncated);
        NpzCheck.Refuses([], NpzError.Truncated);
    }

    [Fact]
    public void A_refused_source_is_disposed()
    {
        var source = new MemoryByteSource("x.npz", new byte[100]);
        Assert.Throws<NpzException>(() => NpzFile.Open(source));
        Assert.Throws<ObjectDisposedException>(() => source.Read(0, new byte[1]));
    }
}
