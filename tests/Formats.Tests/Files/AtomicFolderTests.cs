using Transfuse.Formats.Files;

namespace Transfuse.Formats.Tests.Files;

public class AtomicFolderTests
{
    private static readonly AtomicFolderOptions Overwrite = new() { Overwrite = true };

    [Fact]
    public void Appears_complete_on_commit_and_not_before()
    {
        using var scratch = new ScratchFolder();
        using AtomicFolder folder = AtomicFolder.Create(scratch["out"]);
        folder.WriteAllBytes("a", "1"u8);
        using (FileByteSink file = folder.CreateFile("b"))
        {
            file.SetLength(2);
            file.Write(0, "23"u8);
        }

        Assert.False(Directory.Exists(scratch["out"]));
        folder.Commit();
        Assert.Equal("a=1 b=23", ScratchFolder.Contents(scratch["out"]));
        Assert.Equal(["out"], scratch.Entries);
        Assert.Null(folder.LeftoverPath);
    }

    [Fact]
    public void Replaces_everything_in_a_folder()
    {
        using var scratch = new ScratchFolder();
        Directory.CreateDirectory(Path.Combine(scratch.Make("out", ("a", "old"), ("b", "old")), "sub"));
        using AtomicFolder folder = AtomicFolder.Create(scratch["out"] + Path.DirectorySeparatorChar, Overwrite);
        folder.WriteAllBytes("a", "new"u8);
        Assert.Equal("a=old b=old", ScratchFolder.Contents(scratch["out"]));
        folder.Commit();
        Assert.Equal("a=new", ScratchFolder.Contents(scratch["out"]));
        Assert.Single(Directory.EnumerateFileSystemEntries(scratch["out"]));
        Assert.Equal(["out"], scratch.Entries);
    }

    [Fact]
    public void Files_of_the_replaced_folder_stay_readable_while_open()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not move folders of open files.");
        using var scratch = new ScratchFolder();
        scratch.Make("out", ("a", "old"));
        using var source = new FileByteSource(Path.Combine(scratch["out"], "a"));
        using AtomicFolder folder = AtomicFolder.Create(scratch["out"], Overwrite);
        folder.WriteAllBytes("a", "new"u8);
        folder.Commit();
        byte[] read = new byte[3];
        source.Read(0, read);
        Assert.Equal("old"u8, read);
    }

    [Fact]
    public void Dispose_without_commit_leaves_the_destination_as_it_was()
    {
        using var scratch = new ScratchFolder();
        scratch.Make("out", ("a", "old"));
        using (AtomicFolder folder = AtomicFolder.Create(scratch["out"], Overwrite))
        {
            folder.WriteAllBytes("a", "new"u8);
        }

        Assert.Equal("a=old", ScratchFolder.Contents(scratch["out"]));
        Assert.Equal(["out"], scratch.Entries);
    }

    [Fact]
    public void Makes_missing_parents_and_removes_them_without_commit()
    {
        using var scratch = new ScratchFolder();
        string destination = Path.Combine(scratch["x"], "y", "out");
        using (AtomicFolder folder = AtomicFolder.Create(destination))
        {
            folder.WriteAllBytes("a", "1"u8);
            Assert.Equal(["x"], scratch.Entries);
        }

        Assert.Empty(scratch.Entries);
        using (AtomicFolder folder = AtomicFolder.Create(destination, new AtomicFolderOptions { Durable = true }))
        {
            folder.WriteAllBytes("a", "1"u8);
            folder.Commit();
        }

        Assert.Equal("a=1", ScratchFolder.Contents(destination));
    }

    [Fact]
    public void Keeps_made_parents_that_others_use()
    {
        using var scratch = new ScratchFolder();
        using (AtomicFolder.Create(Path.Combine(scratch["x"], "out")))
        {
            File.WriteAllText(Path.Combine(scratch["x"], "theirs"), "kept");
        }

        Assert.Equal("theirs=kept", ScratchFolder.Contents(scratch["x"]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Refuses_a_file(bool overwrite)
    {
        using var scratch = new ScratchFolder();
        File.WriteAllText(scratch["out"], "file");
        AssertRefuses(AtomicFolderError.IsFile, scratch["out"], overwrite);
        Assert.Equal("out=file", ScratchFolder.Contents(scratch.Path));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public void Refuses_a_link(bool overwrite, bool targetExists)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        using var scratch = new ScratchFolder();
        if (targetExists)
        {
            scratch.Make("target", ("a", "old"));
        }

        Directory.CreateSymbolicLink(scratch["out"], scratch["target"]);
        AssertRefuses(AtomicFolderError.IsLink, scratch["out"], overwrite);
        Assert.Equal(targetExists ? ["out", "target"] : ["out"], scratch.Entries);
    }

    [Fact]
    public void Refuses_a_folder_without_overwrite()
    {
        using var scratch = new ScratchFolder();
        scratch.Make("out", ("a", "old"));
        AssertRefuses(AtomicFolderError.Exists, scratch["out"], overwrite: false);
        Assert.Equal("a=old", ScratchFolder.Contents(scratch["out"]));
    }

    [Fact]
    public void Refuses_on_commit_what_became_a_link_meanwhile()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        using var scratch = new ScratchFolder();
        scratch.Make("target", ("a", "old"));
        using (AtomicFolder folder = AtomicFolder.Create(scratch["out"], Overwrite))
        {
            Directory.CreateSymbolicLink(scratch["out"], scratch["target"]);
            Assert.Equal(AtomicFolderError.IsLink, Assert.Throws<AtomicFolderException>(folder.Commit).Cause);
        }

        Assert.Equal("a=old", ScratchFolder.Contents(scratch["target"]));
        Assert.Equal(["out", "target"], scratch.Entries);
    }

    [Fact]
    public void Deletes_links_in_the_replaced_folder_but_not_their_targets()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        using var scratch = new ScratchFolder();
        scratch.Make("target", ("a", "kept"));
        Directory.CreateSymbolicLink(Path.Combine(scratch.Make("out"), "link"), scratch["target"]);
        using AtomicFolder folder = AtomicFolder.Create(scratch["out"], Overwrite);
        folder.Commit();
        Assert.Equal("a=kept", ScratchFolder.Contents(scratch["target"]));
        Assert.Equal(["out", "target"], scratch.Entries);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scratch["out"]));
    }

    [Fact]
    public void Keeps_the_permissions_of_a_replaced_folder()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("There are no such permissions.");
            return;
        }

        using var scratch = new ScratchFolder();
        File.SetUnixFileMode(scratch.Make("out"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using AtomicFolder folder = AtomicFolder.Create(scratch["out"], Overwrite);
        folder.Commit();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(scratch["out"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../a")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("/a")]
    [InlineData("C:a")]
    [InlineData("a\0b")]
    public void Refuses_file_names_that_lead_elsewhere(string name)
    {
        using var scratch = new ScratchFolder();
        using AtomicFolder folder = AtomicFolder.Create(scratch["out"]);
        Assert.Throws<ArgumentException>(() => folder.CreateFile(name));
        Assert.Throws<ArgumentException>(() => folder.WriteAllBytes(name, "x"u8));
    }

    [Fact]
    public void Refuses_a_file_twice()
    {
        using var scratch = new ScratchFolder();
        using AtomicFolder folder = AtomicFolder.Create(scratch["out"]);
        folder.WriteAllBytes("a", "1"u8);
        Assert.Throws<IOException>(() => folder.WriteAllBytes("a", "2"u8));
    }

    [Fact]
    public void Refuses_a_root_and_nothing()
    {
        Assert.Throws<ArgumentException>(() => AtomicFolder.Create(string.Empty));
        Assert.Throws<ArgumentException>(() => AtomicFolder.Create(Path.GetPathRoot(Path.GetTempPath())!));
    }

    [Fact]
    public void Is_used_up_after_commit()
    {
        using var scratch = new ScratchFolder();
        using AtomicFolder folder = AtomicFolder.Create(scratch["out"]);
        folder.Commit();
        Assert.Throws<ObjectDisposedException>(() => folder.CreateFile("a"));
        Assert.Throws<ObjectDisposedException>(folder.Commit);
    }

    [Fact]
    public void A_parent_that_is_a_file_is_an_io_error()
    {
        using var scratch = new ScratchFolder();
        File.WriteAllText(scratch["file"], "text");
        var failure = Assert.ThrowsAny<IOException>(() => AtomicFolder.Create(Path.Combine(scratch["file"], "out")));
        Assert.Contains(scratch["file"], failure.Message, StringComparison.Ordinal);
        Assert.Equal("file=text", ScratchFolder.Contents(scratch.Path));
    }

    [Fact]
    public void A_running_process_is_not_disturbed()
    {
        using var scratch = new ScratchFolder();
        using AtomicFolder first = AtomicFolder.Create(scratch["out"], Overwrite);
        first.WriteAllBytes("a", "first"u8);
        using (AtomicFolder second = AtomicFolder.Create(scratch["out"], Overwrite))
        {
            second.WriteAllBytes("a", "second"u8);
            second.Commit();
        }

        Assert.Equal("a=second", ScratchFolder.Contents(scratch["out"]));
        first.Commit();
        Assert.Equal("a=first", ScratchFolder.Contents(scratch["out"]));
        Assert.Equal(["out"], scratch.Entries);
    }

    [Theory]
    [InlineData(".out.0123456789ab.tmp", "notes", "theirs")]
    [InlineData(".out.0123456789ab.tmp", "transfuse.lock", "Transfuse work folder, made on another machine\n")]
    [InlineData(".out.0123456789xy.tmp", "transfuse.lock", "")]
    [InlineData(".out.b.0123456789ab.tmp", "transfuse.lock", "")]
    [InlineData(".ou.0123456789ab.tmp", "transfuse.lock", "")]
    [InlineData(".out.0123456789ab.bak", "transfuse.lock", "")]
    public void Leaves_alone_what_is_not_clearly_its_own(string folder, string file, string text)
    {
        using var scratch = new ScratchFolder();
        scratch.Make(folder, (file, text));
        AtomicFolder.Recover(scratch["out"]);
        Assert.Equal($"{file}={text}", ScratchFolder.Contents(scratch[folder]));
    }

    [Fact]
    public void Clears_away_an_unlocked_leftover_of_its_own()
    {
        using var scratch = new ScratchFolder();
        scratch.Make(".out.0123456789ab.tmp", ("transfuse.lock", $"Transfuse work folder, made on {Environment.MachineName}\n"));
        Directory.CreateDirectory(Path.Combine(scratch[".out.0123456789ab.tmp"], "new"));
        scratch.Make(".out.0123456789ac.tmp");
        AtomicFolder.Recover(scratch["out"]);
        Assert.Empty(scratch.Entries);
    }

    [Fact]
    public void A_reader_never_misses_a_folder_that_is_swapped_in_one_step()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "There is no such step.");
        using var scratch = new ScratchFolder();
        string file = Path.Combine(scratch.Make("out", ("a", "old")), "a");
        bool done = false;
        int missed = 0;
        var reader = new Thread(() =>
        {
            while (!Volatile.Read(ref done))
            {
                missed += File.Exists(file) ? 0 : 1;
            }
        });
        reader.Start();
        for (int run = 0; run < 200; run++)
        {
            using AtomicFolder folder = AtomicFolder.Create(scratch["out"], Overwrite);
            folder.WriteAllBytes("a", "new"u8);
            folder.Commit();
        }

        Volatile.Write(ref done, true);
        reader.Join();
        Assert.Equal(0, missed);
    }

    private static void AssertRefuses(AtomicFolderError cause, string destination, bool overwrite)
    {
        var refusal = Assert.Throws<AtomicFolderException>(
            () => AtomicFolder.Create(destination, new AtomicFolderOptions { Overwrite = overwrite }));
        Assert.Equal((cause, destination), (refusal.Cause, refusal.Destination));
        Assert.StartsWith(destination, refusal.Message, StringComparison.Ordinal);
    }
}
