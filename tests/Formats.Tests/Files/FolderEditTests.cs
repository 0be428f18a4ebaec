using Transfuse.Formats.Files;
using Transfuse.Formats.Files.Atomic;
using Transfuse.Formats.Tests.Files.Atomic;

namespace Transfuse.Formats.Tests.Files;

/// <summary>Files of a folder are replaced: the process ends, or a step fails, at every step of it.</summary>
public class FolderEditTests
{
    private const string Old = "archive=old config=old kept=theirs weights=old";
    private const string New = "archive.orig=old config=new config.orig=old extra=new kept=theirs weights=new weights.orig=old";

    [Fact]
    public void Originals_move_aside_and_new_files_take_their_places()
    {
        using ScratchFolder scratch = Prepared();
        FileStatus weights = FileStatus.Of(scratch["in/weights"]);
        Edit(scratch["in"], SystemFileOperations.Instance, durable: true);
        Assert.Equal(New, ScratchFolder.Contents(scratch["in"]));
        Assert.Equal(weights.Identity, FileStatus.Of(scratch["in/weights.orig"]).Identity);
        Assert.False(FolderEdit.IsUnfinished(scratch["in"]));
        Assert.False(FolderEdit.IsBegun(scratch["in"]));
    }

    [Fact]
    public void Ending_at_any_step_leaves_nothing_mixed_and_the_next_run_finishes_or_undoes_it()
    {
        int killAt = 0, finished = 0, undone = 0;
        bool ended;
        do
        {
            using ScratchFolder scratch = Prepared();
            ended = Ends(() => Edit(scratch["in"], new ScriptedOperations(exchange: true, ++killAt), durable: false));
            AssertNotMixed(scratch["in"]);
            bool isUnfinished = FolderEdit.IsUnfinished(scratch["in"]);
            string[] originals = [.. Directory.EnumerateFiles(scratch["in"], "*.orig").Select(File.ReadAllText)];
            Assert.All(originals, text => Assert.Equal("old", text));

            IReadOnlyList<FolderRecovery> recovered = FolderEdit.Recover(scratch["in"], new ScriptedOperations(exchange: true));
            Assert.All(recovered, recovery => Assert.Equal(isUnfinished ? RecoveryOutcome.Finished : RecoveryOutcome.Removed, recovery.Outcome));
            string? after = ScratchFolder.Contents(scratch["in"]);
            Assert.True(after is New or Old, after);
            Assert.True(!isUnfinished || after == New, after);
            Assert.Empty(Directory.EnumerateDirectories(scratch["in"]));
            finished += after == New ? 1 : 0;
            undone += after == Old ? 1 : 0;
        }
        while (ended);

        Assert.InRange(finished, 15, 40);
        Assert.InRange(undone, 8, 40);
    }

    [Fact]
    public void Ending_again_while_it_is_finished_loses_nothing()
    {
        int killAt = 0, runs = 0;
        bool ended;
        do
        {
            killAt++;
            int again = 0;
            bool recoveryEnded;
            do
            {
                using ScratchFolder scratch = Prepared();
                ended = Ends(() => Edit(scratch["in"], new ScriptedOperations(exchange: true, killAt), durable: false));
                var operations = new ScriptedOperations(exchange: true, ++again);
                recoveryEnded = Ends(() => FolderEdit.Recover(scratch["in"], operations));
                AssertNotMixed(scratch["in"]);
                FolderEdit.Recover(scratch["in"], new ScriptedOperations(exchange: true));
                string? after = ScratchFolder.Contents(scratch["in"]);
                Assert.True(after is New or Old, after);
                Assert.Empty(Directory.EnumerateDirectories(scratch["in"]));
                runs++;
            }
            while (recoveryEnded);
        }
        while (ended);

        Assert.InRange(runs, 200, 3000);
    }

    [Fact]
    public void A_failure_at_any_step_leaves_the_folder_as_it_was_or_is_told()
    {
        int failAt = 0, failed = 0;
        ScriptedOperations operations;
        do
        {
            using ScratchFolder scratch = Prepared();
            operations = new ScriptedOperations(exchange: true, failAt: ++failAt);
            bool threw = false;
            try
            {
                Edit(scratch["in"], operations, durable: false);
            }
            catch (IOException)
            {
                threw = true;
                failed++;
            }

            FolderEdit.Recover(scratch["in"], new ScriptedOperations(exchange: true));
            Assert.Equal(threw ? Old : New, ScratchFolder.Contents(scratch["in"]));
            Assert.Empty(Directory.EnumerateDirectories(scratch["in"]));
        }
        while (operations.Steps.Count >= failAt);

        Assert.InRange(failed, 10, failAt);
    }

    [Fact]
    public void What_someone_put_in_the_place_of_a_file_that_was_away_is_kept_too()
    {
        using ScratchFolder scratch = Prepared();
        var operations = new ScriptedOperations(exchange: true);
        int moves = 0;
        operations.Before = step =>
        {
            if (step == nameof(IFileOperations.Move) && ++moves == 5)
            {
                operations.End();
            }
        };
        Assert.Throws<ProcessEnded>(() => Edit(scratch["in"], operations, durable: false));
        File.WriteAllText(scratch["in/config"], "theirs");
        FolderEdit.Recover(scratch["in"], new ScriptedOperations(exchange: true));
        Assert.Equal("theirs", File.ReadAllText(scratch["in/config.orig.2"]));
        Assert.Equal("new", File.ReadAllText(scratch["in/config"]));
    }

    [Fact]
    public void Permissions_of_what_is_replaced_stay_whatever_the_mask_says()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("There are no such permissions.");
            return;
        }

        using ScratchFolder scratch = Prepared();
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        File.SetUnixFileMode(scratch["in/config"], Mode);
        Edit(scratch["in"], SystemFileOperations.Instance, durable: false);
        Assert.Equal(Mode, File.GetUnixFileMode(scratch["in/config"]));
        Assert.Equal(Mode, File.GetUnixFileMode(scratch["in/config.orig"]));
    }

    // Readers need both: new ones beside old ones would be read as one adapter.
    private static void AssertNotMixed(string folder)
    {
        string[] present = [.. new[] { "config", "weights" }.Select(name => Path.Combine(folder, name)).Where(File.Exists).Select(File.ReadAllText)];
        Assert.True(present.Distinct().Count() <= 1, string.Join(' ', present));
    }

    private static ScratchFolder Prepared()
    {
        var scratch = new ScratchFolder();
        scratch.Make("in", ("config", "old"), ("weights", "old"), ("archive", "old"), ("kept", "theirs"));
        return scratch;
    }

    private static void Edit(string folder, IFileOperations operations, bool durable)
    {
        using FolderEdit edit = FolderEdit.Create(folder, durable, operations);
        edit.Superseded = ["archive"];
        foreach (string name in new[] { "config", "weights", "extra" })
        {
            using FileByteSink file = edit.CreateFile(name);
            file.Write(0, "new"u8);
        }

        edit.Commit();
    }

    private static bool Ends(Action action)
    {
        try
        {
            action();
            return false;
        }
        catch (ProcessEnded)
        {
            return true;
        }
    }
}
