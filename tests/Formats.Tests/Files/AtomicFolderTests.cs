using Transfuse.Formats.Files;
using Transfuse.Formats.Files.Atomic;
using Transfuse.Formats.Tests.Files.Atomic;

namespace Transfuse.Formats.Tests.Files;

public class AtomicFolderTests
{
    private static readonly AtomicFolderOptions Overwrite = new() { Overwrite = true, IsReplaced = name => name is "a" or "b" };

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
    public void Replaces_its_own_files_and_keeps_all_others()
    {
        using var scratch = new ScratchFolder();
        scratch.Make("out", ("a", "old"), ("b", "old"), ("c", "old"), ("notes.txt", "mine"), (".hidden", "mine"));
        scratch.Make("out/checkpoint-5", ("a", "mine"));
        Directory.CreateSymbolicLink(Path.Combine(scratch["out"], "link"), "nowhere");
        using AtomicFolder folder = AtomicFolder.Create(scratch["out"] + Path.DirectorySeparatorChar, Overwrite);
        Assert.Equal([false, false, true, true, true, false], ((string[])["a", "b", "c", "notes.txt", "checkpoint-5", "new"]).Select(folder.Keeps));
        folder.WriteAllBytes("a", "new"u8);
        folder.WriteAllBytes("c", "new"u8);
        Assert.Equal(".hidden=mine a=old b=old c=old checkpoint-5/a=mine notes.txt=mine", Files(scratch["out"]));
        folder.Commit();
        Assert.Equal(".hidden=mine a=new c=new checkpoint-5/a=mine notes.txt=mine", Files(scratch["out"]));
        Assert.Equal("nowhere", new FileInfo(Path.Combine(scratch["out"], "link")).LinkTarget);
        Assert.Equal(["out"], scratch.Entries);
    }

    [Fact]
    public void What_appears_beside_the_adapter_during_the_swap_is_kept()
    {
        using var scratch = new ScratchFolder();
        scratch.Make("out", ("a", "old"));
        var operations = new ScriptedOperations(exchange: true);
        operations.Before = step =>
        {
            if (step == nameof(IFileOperations.TryExchange))
            {
                File.WriteAllText(Path.Combine(scratch["out"], "late"), "theirs");
            }
        };
        using (AtomicFolder folder = AtomicFolder.Create(scratch["out"], Overwrite, operations))
        {
            folder.WriteAllBytes("a", "new"u8);
            folder.Commit();
        }

        Assert.Equal("a=new late=theirs", ScratchFolder.Contents(scratch["out"]));
        Assert.Equal(["out"], scratch.Entries);
    }

    [Fact]
    public void A_folder_with_the_name_of_a_new_file_is_refused_and_kept()
    {
        using var scratch = new ScratchFolder();
        scratch.Make("out/a", ("x", "theirs"));
        using (AtomicFolder folder = AtomicFolder.Create(scratch["out"], Overwrite))
        {
            folder.WriteAllBytes("a", "new"u8);
            var refusal = Assert.Throws<AtomicFolderException>(folder.Commit);
            Assert.Equal((AtomicFolderError.HoldsFolder, "a"), (refusal.Cause, refusal.Other));
        }

        Assert.Equal("a/x=theirs", ScratchFolder.Contents(scratch["out"]));
        Assert.Equal(["out"], scratch.Entries);
    }

    [Theory]
    [InlineData("out", true, false, AtomicFolderError.IsInput)]
    [InlineData("out", false, true, null)]
    [InlineData("out/in", true, false, AtomicFolderError.HoldsInput)]
    [InlineData("out/in", false, true, AtomicFolderError.HoldsInput)]
    [InlineData("out/in/deep/a", false, true, AtomicFolderError.HoldsInput)]
    [InlineData("out/file", false, true, null)]
    [InlineData("out/file", true, false, AtomicFolderError.HoldsInput)]
    [InlineData("link", true, false, AtomicFolderError.HoldsInput)]
    [InlineData("around/link/in", false, true, AtomicFolderError.HoldsInput)]
    [InlineData("linking", false, true, AtomicFolderError.HoldsInput)]
    [InlineData("linking", true, false, AtomicFolderError.HoldsInput)]
    [InlineData("elsewhere", true, true, null)]
    [InlineData("missing", true, true, null)]
    public void Refuses_to_replace_what_it_is_made_of(string input, bool isInput, bool isSource, AtomicFolderError? cause)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        using var scratch = new ScratchFolder();
        scratch.Make("out/in/deep", ("a", "1"));
        File.WriteAllText(Path.Combine(scratch["out"], "file"), "1");
        scratch.Make("elsewhere", ("a", "1"));
        Directory.CreateSymbolicLink(scratch["link"], scratch["out/in"]);
        Directory.CreateSymbolicLink(Path.Combine(scratch.Make("around"), "link"), "../out");
        File.CreateSymbolicLink(Path.Combine(scratch.Make("linking"), "a"), scratch["out/in/deep/a"]);
        string path = Path.Combine(scratch.Path, input);
        AtomicFolderOptions options = Overwrite with { Inputs = isInput ? [path] : [], Sources = isSource ? [path] : [] };
        if (cause is null)
        {
            AtomicFolder.Create(scratch["out"], options).Dispose();
        }
        else
        {
            Assert.Equal(cause, Assert.Throws<AtomicFolderException>(() => AtomicFolder.Create(scratch["out"], options)).Cause);
        }

        Assert.Equal("file=1 in/deep/a=1", ScratchFolder.Contents(scratch["out"]));
    }

    [Fact]
    public void An_input_that_moves_into_the_destination_meanwhile_is_not_replaced()
    {
        using var scratch = new ScratchFolder();
        scratch.Make("out", ("a", "old"));
        scratch.Make("input", ("a", "1"));
        using (AtomicFolder folder = AtomicFolder.Create(scratch["out"], Overwrite with { Inputs = [scratch["input"]] }))
        {
            Directory.Move(scratch["input"], scratch["out/in"]);
            Directory.CreateSymbolicLink(scratch["input"], scratch["out/in"]);
            Assert.Equal(AtomicFolderError.HoldsInput, Assert.Throws<AtomicFolderException>(folder.Commit).Cause);
        }

        Assert.Equal("a=old in/a=1", ScratchFolder.Contents(scratch["out"]));
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
    public void Deletes_a_link_that_it_replaces_but_not_its_target()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        using var scratch = new ScratchFolder();
        scratch.Make("target", ("a", "kept"));
        File.CreateSymbolicLink(Path.Combine(scratch.Make("out"), "a"), Path.Combine(scratch["target"], "a"));
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
    [InlineData("/a")]
    [InlineData("a\0b")]
    public void Refuses_file_names_that_lead_elsewhere(string name)
    {
        using var scratch = new ScratchFolder();
        using AtomicFolder folder = AtomicFolder.Create(scratch["out"]);
        Assert.Throws<ArgumentException>(() => folder.CreateFile(name));
        Assert.Throws<ArgumentException>(() => folder.WriteAllBytes(name, "x"u8));
    }

    [Theory]
    [InlineData("a\\b")]
    [InlineData("C:a")]
    public void A_backslash_and_a_colon_lead_elsewhere_on_Windows_only(string name)
    {
        using var scratch = new ScratchFolder();
        using AtomicFolder folder = AtomicFolder.Create(scratch["out"]);
        if (OperatingSystem.IsWindows())
        {
            Assert.Throws<ArgumentException>(() => folder.WriteAllBytes(name, "x"u8));
            return;
        }

        folder.WriteAllBytes(name, "x"u8);
        folder.Commit();
        Assert.Equal($"{name}=x", ScratchFolder.Contents(scratch["out"]));
    }

    [Fact]
    public void Names_may_be_as_long_as_the_file_system_takes()
    {
        using var scratch = new ScratchFolder();
        string name = string.Concat(Enumerable.Repeat("ä", 127)) + "x";
        using AtomicFolder folder = AtomicFolder.Create(scratch[name]);
        folder.WriteAllBytes("a", "1"u8);
        folder.Commit();
        Assert.Equal([name], scratch.Entries);
    }

    [Fact]
    public void New_folders_and_files_have_the_permissions_asked_for_less_the_mask()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("There are no such permissions.");
            return;
        }

        using var scratch = new ScratchFolder();
        UnixFileMode mask = ~File.GetUnixFileMode(scratch.Make("plain")) & (UnixFileMode)0x1FF;
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        const UnixFileMode Open = Private | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        using AtomicFolder folder = AtomicFolder.Create(
            scratch["out"], new AtomicFolderOptions { Permissions = UnixFileMode.UserRead | UnixFileMode.GroupRead });
        folder.CreateFile("private", Private).Dispose();
        folder.CreateFile("open", Open | UnixFileMode.SetUser).Dispose();
        folder.CreateFile("readable", UnixFileMode.UserRead).Dispose();
        folder.Commit();
        Assert.Equal(
            (UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead) & ~mask, File.GetUnixFileMode(scratch["out"]));
        Assert.Equal(Private, File.GetUnixFileMode(scratch["out/private"]));
        Assert.Equal(Open & ~mask, File.GetUnixFileMode(scratch["out/open"]));
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(scratch["out/readable"]));
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

    private static string Files(string folder) =>
        string.Join(
            ' ', Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
        .Select(path => Path.GetRelativePath(folder, path))
            .Order(StringComparer.Ordinal)
            .Select(name => $"{name}={File.ReadAllText(Path.Combine(folder, name))}"));

    private static void AssertRefuses(AtomicFolderError cause, string destination, bool overwrite)
    {
        var refusal = Assert.Throws<AtomicFolderException>(
            () => AtomicFolder.Create(destination, new AtomicFolderOptions { Overwrite = overwrite }));
        Assert.Equal((cause, destination), (refusal.Cause, refusal.Destination));
        Assert.StartsWith(destination, refusal.Message, StringComparison.Ordinal);
    }
}
