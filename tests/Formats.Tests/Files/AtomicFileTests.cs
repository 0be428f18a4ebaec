using Transfuse.Formats.Files;

namespace Transfuse.Formats.Tests.Files;

public class AtomicFileTests
{
    [Fact]
    public void Appears_whole_on_commit_and_not_before()
    {
        using var scratch = new ScratchFolder();
        using AtomicFile file = AtomicFile.Create(scratch["report.json"]);
        Assert.False(File.Exists(scratch["report.json"]));
        file.Append("whole"u8);
        file.Commit();
        Assert.Equal("report.json=whole", ScratchFolder.Contents(scratch.Path));
        Assert.Equal(["report.json"], scratch.Entries);
    }

    [Fact]
    public void Without_commit_what_was_there_is_as_it_was()
    {
        using var scratch = new ScratchFolder();
        File.WriteAllText(scratch["report.json"], "old");
        AtomicFile.Create(scratch["report.json"]).Dispose();
        Assert.Equal(["report.json"], scratch.Entries);
        Assert.Equal("report.json=old", ScratchFolder.Contents(scratch.Path));
    }

    [Fact]
    public void What_a_link_leads_to_is_replaced_and_its_permissions_stay()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Links need rights there.");
            return;
        }

        using var scratch = new ScratchFolder();
        scratch.Make("folder", ("file", "old"));
        File.SetUnixFileMode(scratch["folder/file"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.CreateSymbolicLink(scratch["link"], "folder/file");
        using AtomicFile file = AtomicFile.Create(scratch["link"]);
        file.Append("new"u8);
        file.Commit();
        Assert.Equal("file=new", ScratchFolder.Contents(scratch["folder"]));
        Assert.Equal("folder/file", new FileInfo(scratch["link"]).LinkTarget);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(scratch["folder/file"]));
    }

    [Fact]
    public void A_folder_is_refused_and_a_missing_one_is_an_io_error()
    {
        using var scratch = new ScratchFolder();
        Assert.Equal(EntryKind.Folder, Assert.Throws<FileKindException>(() => AtomicFile.Create(scratch.Make("folder"))).Kind);
        Assert.ThrowsAny<IOException>(() => AtomicFile.Create(scratch["missing/report.json"]));
        Assert.Equal(["folder"], scratch.Entries);
    }

    [Fact]
    public void A_folder_that_comes_later_can_hold_it()
    {
        using var scratch = new ScratchFolder();
        using AtomicFile file = AtomicFile.Create(scratch["out/report.json"], scratch.Path);
        scratch.Make("out");
        file.Append("whole"u8);
        file.Commit();
        Assert.Equal("report.json=whole", ScratchFolder.Contents(scratch["out"]));
        Assert.Equal(["out"], scratch.Entries);
    }
}
