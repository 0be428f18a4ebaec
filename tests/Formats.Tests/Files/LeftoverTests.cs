using System.Diagnostics;
using System.Text;
using Transfuse.Formats.Files;
using Transfuse.Formats.Files.Atomic;
using Transfuse.Formats.Tests.Files.Atomic;

namespace Transfuse.Formats.Tests.Files;

/// <summary>What looks like the work of an ended run is taken over only where it is provably that.</summary>
public class LeftoverTests
{
    private static readonly AtomicFolderOptions Overwrite = new() { Overwrite = true, IsReplaced = name => name is "a" or "b" };

    [Fact]
    public void A_leftover_of_an_ended_process_is_cleared_away()
    {
        using var scratch = new ScratchFolder();
        string left = Leave(scratch);
        Assert.Equal([new FolderRecovery(left, RecoveryOutcome.Removed)], AtomicFolder.Recover(scratch["out"], new ScriptedOperations(exchange: true)));
        Assert.Empty(scratch.Entries);
    }

    [Fact]
    public void A_leftover_from_before_the_last_boot_is_cleared_away()
    {
        using var scratch = new ScratchFolder();
        string left = LeaveFor(scratch, ProcessMark.Self with { System = Environment.MachineName + " another boot" });
        Assert.Equal([new FolderRecovery(left, RecoveryOutcome.Removed)], AtomicFolder.Recover(scratch["out"]));
        Assert.Empty(scratch.Entries);
    }

    [Fact]
    public void Outputs_that_share_a_scan_list_their_folder_once_and_clear_away_their_own_leftovers_alone()
    {
        using var scratch = new ScratchFolder();
        string left = Leave(scratch);
        var operations = new ScriptedOperations(exchange: true);
        var options = new AtomicFolderOptions { Scan = new WorkFolderScan() };
        for (int i = 0; i < 3; i++)
        {
            using var other = AtomicFolder.Create(scratch[$"other{i}"], options, operations);
            Assert.Empty(other.Recoveries);
            other.Commit();
        }

        using (var folder = AtomicFolder.Create(scratch["out"], options, operations))
        {
            Assert.Equal([new FolderRecovery(left, RecoveryOutcome.Removed)], folder.Recoveries);
        }

        // Once beside the outputs; and each output looks into itself.
        Assert.Equal(1 + 4, operations.Steps.Count(step => step.StartsWith(nameof(IFileOperations.FoldersIn), StringComparison.Ordinal)));
        Assert.Empty(AtomicFolder.Create(scratch["out"], options, operations).Recoveries);
    }

    [Fact]
    public void The_work_of_a_process_that_runs_is_left_alone_and_not_spoken_of()
    {
        using var scratch = new ScratchFolder();
        using Process other = Process.Start(new ProcessStartInfo("sleep", "60"))!;
        long started = long.Parse(File.ReadAllText($"/proc/{other.Id}/stat").Split(' ')[21], System.Globalization.CultureInfo.InvariantCulture);
        string left = LeaveFor(scratch, ProcessMark.Self with { Id = other.Id, Started = started });
        Assert.Empty(AtomicFolder.Recover(scratch["out"]));
        Assert.True(Directory.Exists(left));

        other.Kill();
        other.WaitForExit();
        Assert.Equal(RecoveryOutcome.Removed, Assert.Single(AtomicFolder.Recover(scratch["out"])).Outcome);
        Assert.Empty(scratch.Entries);
    }

    [Theory]
    [InlineData("empty lock")]
    [InlineData("no lock")]
    [InlineData("copied lock")]
    [InlineData("lock of another output")]
    [InlineData("lock of another machine")]
    [InlineData("lock cut short")]
    [InlineData("lock of the old form")]
    [InlineData("lock that is a link")]
    public void What_cannot_be_shown_to_be_ours_is_neither_installed_nor_touched(string what)
    {
        using var scratch = new ScratchFolder();
        string left = Leave(scratch);
        byte[] content = File.ReadAllBytes(Path.Combine(left, "transfuse.lock"));
        string planted = Path.Combine(scratch.Path, Path.GetFileName(left)[..^5] + (left[^5] == '0' ? "1.tmp" : "0.tmp"));
        Directory.CreateDirectory(planted);
        foreach (string name in new[] { "new", "old" })
        {
            Directory.CreateDirectory(Path.Combine(planted, name));
            File.WriteAllText(Path.Combine(planted, name, "a"), "planted");
        }

        Directory.Delete(left, recursive: true);
        string @lock = Path.Combine(planted, "transfuse.lock");
        string text = Encoding.UTF8.GetString(content);
        switch (what)
        {
            case "no lock":
                break;
            case "lock that is a link":
                File.WriteAllBytes(scratch["elsewhere"], content);
                File.CreateSymbolicLink(@lock, scratch["elsewhere"]);
                break;
            default:
                File.WriteAllText(@lock, what switch
                {
                    "empty lock" => string.Empty,
                    "copied lock" => text,
                    "lock of another output" => Renumbered(text, planted).Replace("folder out", "folder other", StringComparison.Ordinal),
                    "lock of another machine" => Renumbered(text, planted).Replace(Environment.MachineName, "elsewhere", StringComparison.Ordinal),
                    "lock cut short" => Renumbered(text, planted)[..^3],
                    _ => $"Transfuse work folder, made on {Environment.MachineName}\n",
                });
                break;
        }

        string before = ScratchFolder.Contents(planted)!;
        var operations = new ScriptedOperations(exchange: true);
        Assert.Equal([new FolderRecovery(planted, RecoveryOutcome.NotOurs)], AtomicFolder.Recover(scratch["out"], operations));
        Assert.Equal(before, ScratchFolder.Contents(planted));
        Assert.False(Path.Exists(scratch["out"]));

        // The same folder with the lock that belongs to it is ours, which shows that nothing else kept it.
        File.Delete(@lock);
        File.WriteAllText(@lock, Renumbered(text, planted));
        File.WriteAllText(Path.Combine(planted, "names"), "a\0whole\0");
        Assert.Equal([new FolderRecovery(planted, RecoveryOutcome.Finished)], AtomicFolder.Recover(scratch["out"], new ScriptedOperations(exchange: true)));
    }

    [Theory]
    [InlineData(".out.0123456789ab.tmp")]
    [InlineData(".out.01234567-1-1-0123456x.tmp")]
    [InlineData(".out.b.01234567-1-1-01234567.tmp")]
    [InlineData(".ou.01234567-1-1-01234567.tmp")]
    [InlineData(".out.01234567-1-1-01234567.bak")]
    public void Other_names_are_not_looked_at(string folder)
    {
        using var scratch = new ScratchFolder();
        scratch.Make(folder, ("transfuse.lock", string.Empty));
        Assert.Empty(AtomicFolder.Recover(scratch["out"]));
        Assert.Equal("transfuse.lock=", ScratchFolder.Contents(scratch[folder]));
    }

    [Theory]
    [InlineData(".out.01234567-1-1-01234567.tmp", true)]
    [InlineData(".transfuse-edit.01234567-1-1-01234567.tmp", true)]
    [InlineData(".tmp", false)]
    [InlineData("out", false)]
    [InlineData(".cache.tmp", false)]
    public void Work_folders_are_known_by_their_names(string name, bool isWork) => Assert.Equal(isWork, AtomicFolder.IsWorkName(name));

    private static string Leave(ScratchFolder scratch)
    {
        var operations = new ScriptedOperations(exchange: true, killAt: -1);
        operations.Before = step =>
        {
            if (step == nameof(IFileOperations.CreateFile))
            {
                throw new ProcessEnded();
            }
        };
        AtomicFolder folder = AtomicFolder.Create(scratch["out"], Overwrite, operations);
        Assert.Throws<ProcessEnded>(() => folder.WriteAllBytes("a", "new"u8));
        operations.ReleaseLocks();
        return Path.Combine(scratch.Path, Assert.Single(scratch.Entries)!);
    }

    // A work folder as another process would have left it.
    private static string LeaveFor(ScratchFolder scratch, ProcessMark process)
    {
        string path = Path.Combine(scratch.Path, WorkPlace.OfFolder(scratch["out"]).NewName(process));
        Directory.CreateDirectory(Path.Combine(path, "new"));
        File.WriteAllText(Path.Combine(path, "new", "a"), "half");
        File.WriteAllText(
            Path.Combine(path, "transfuse.lock"),
            $"Transfuse work folder 2\nfolder out\nsystem {process.System}\nprocess {process.Id} started {process.Started}\nfolder "
            + $"{FileStatus.Of(path).Identity}\nwhole\n");
        return path;
    }

    private static string Renumbered(string text, string folder)
    {
        int at = text.LastIndexOf("folder ", StringComparison.Ordinal);
        return text[..at] + $"folder {FileStatus.Of(folder).Identity}\nwhole\n";
    }
}
