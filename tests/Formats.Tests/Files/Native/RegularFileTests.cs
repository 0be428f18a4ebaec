using System.Diagnostics;
using System.Net.Sockets;
using Transfuse.Formats.Files;

namespace Transfuse.Formats.Tests.Files.Native;

/// <summary>Only regular files are opened: what has no end, or waits for someone, is refused by its kind.</summary>
public class RegularFileTests
{
    [Theory]
    [InlineData("fifo", EntryKind.Fifo, "is a FIFO")]
    [InlineData("socket", EntryKind.Socket, "is a socket")]
    [InlineData("zero", EntryKind.Device, "is a device")]
    [InlineData("folder", EntryKind.Folder, "is a folder")]
    [InlineData("to-fifo", EntryKind.Fifo, "is a FIFO")]
    public void Is_refused_and_not_opened(string name, EntryKind kind, string words)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no such files.");
        using var scratch = new ScratchFolder();
        Fifo(scratch["fifo"]);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(scratch["socket"]));
        File.CreateSymbolicLink(scratch["zero"], "/dev/zero");
        File.CreateSymbolicLink(scratch["to-fifo"], "fifo");
        scratch.Make("folder");

        var clock = Stopwatch.StartNew();
        var refusal = Assert.Throws<FileKindException>(() => new FileByteSource(scratch[name]));
        Assert.Equal(kind, refusal.Kind);
        Assert.Contains(words, refusal.Detail, StringComparison.Ordinal);
        Assert.Throws<FileKindException>(() => FileByteSource.ReadAll(scratch[name]));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void A_regular_file_is_read_through_links_too()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        using var scratch = new ScratchFolder();
        scratch.Make("folder", ("file", "text"));
        File.CreateSymbolicLink(scratch["link"], "folder/file");
        Assert.Equal("text"u8, FileByteSource.ReadAll(scratch["link"]));
        using var source = new FileByteSource(scratch["link"]);
        byte[] middle = new byte[2];
        source.Read(1, middle);
        Assert.Equal("ex"u8, middle);
        Assert.Throws<EndOfStreamException>(() => source.Read(3, middle));
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("missing/file")]
    [InlineData("file/file")]
    [InlineData("dangling")]
    [InlineData("circle")]
    public void What_leads_nowhere_is_a_missing_file(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        using var scratch = new ScratchFolder();
        File.WriteAllText(scratch["file"], "text");
        File.CreateSymbolicLink(scratch["dangling"], "nowhere");
        File.CreateSymbolicLink(scratch["circle"], "circle");
        Assert.Contains(name, Assert.ThrowsAny<IOException>(() => new FileByteSource(Path.Combine(scratch.Path, name))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_paths_to_one_thing_have_one_identity()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is none.");
        using var scratch = new ScratchFolder();
        scratch.Make("folder", ("file", "text"));
        Directory.CreateSymbolicLink(scratch["link"], "folder");
        Assert.Equal(FileStatus.Of(scratch["folder/file"]).Identity, FileStatus.Of(scratch["link/file"]).Identity);
        Assert.NotEqual(FileStatus.Of(scratch["folder"]).Identity, FileStatus.Of(scratch["link"]).Identity);
        Assert.Equal(FileStatus.Of(scratch["folder"]).Identity, FileStatus.OfTarget(scratch["link"]).Identity);
        Assert.Equal(FileStatus.RealPath(scratch["folder/file"]), FileStatus.RealPath(scratch["link/../link/file"]));
        Assert.Equal((EntryKind.Link, EntryKind.Folder), (FileStatus.Of(scratch["link"]).Kind, FileStatus.OfTarget(scratch["link"]).Kind));
    }

    private static void Fifo(string path)
    {
        using Process made = Process.Start("mkfifo", path)!;
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
    }
}
