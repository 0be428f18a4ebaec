using Transfuse.Formats.Files;
using Transfuse.Formats.Files.Atomic;
using Transfuse.Formats.Tests.Files.Atomic;

namespace Transfuse.Formats.Tests.Files;

/// <summary>New outputs of one run are made in one hidden folder, of which nothing is left whenever the process ends.</summary>
public class WorkFolderShareTests
{
    private const string New = "a=new c=new";

    [Fact]
    public void Outputs_into_one_folder_are_made_in_one_hidden_folder_and_those_elsewhere_in_their_own()
    {
        using var scratch = new ScratchFolder();
        var operations = new ScriptedOperations(exchange: true);
        using (var share = new WorkFolderShare())
        {
            using AtomicFolder first = Written(operations, scratch["out/first"], share), second = Written(operations, scratch["out/second"], share);
            Assert.Single(Directory.GetDirectories(scratch["out"]));
            first.Commit();
            second.Commit();
            Assert.Equal(3, Directory.GetDirectories(scratch["out"]).Length);
            using AtomicFolder other = Written(operations, scratch["elsewhere/third"], share);
            other.Commit();
        }

        Assert.Equal([scratch["out/first"], scratch["out/second"]], Directory.GetFileSystemEntries(scratch["out"]).Order(StringComparer.Ordinal));
        Assert.Equal([scratch["elsewhere/third"]], Directory.GetFileSystemEntries(scratch["elsewhere"]));
        Assert.Equal([New, New, New], new[] { "out/first", "out/second", "elsewhere/third" }.Select(name => ScratchFolder.Contents(scratch[name])));
    }

    [Fact]
    public void A_durable_output_makes_and_flushes_its_own_parents()
    {
        using var scratch = new ScratchFolder();
        using var share = new WorkFolderShare();
        var operations = new ScriptedOperations(exchange: true);
        using AtomicFolder output = AtomicFolder.Create(
            scratch["far/away/out"], new AtomicFolderOptions { Share = share, Durable = true }, operations);
        output.Commit();

        // Its content, and the folders that hold "far", "away" and "out".
        Assert.Equal(4, operations.Steps.Count(step => step == nameof(IFileOperations.FlushFolder)));
        output.Dispose();
        Assert.Equal([scratch["far/away/out"]], Entries(scratch["far/away"]));
    }

    [Fact]
    public void A_new_output_costs_one_folder_and_its_files_and_deletes_nothing()
    {
        using var scratch = new ScratchFolder();
        using var share = new WorkFolderShare();
        using (AtomicFolder first = Written(new ScriptedOperations(exchange: true), scratch["first"], share))
        {
            first.Commit();
        }

        var operations = new ScriptedOperations(exchange: true);
        using (AtomicFolder second = Written(operations, scratch["second"], share))
        {
            second.Commit();
        }

        string[] changes = ["CreateFolder", "CreateFile", "CreateFile", "Move"];
        Assert.Equal(
            changes, operations.Steps.Where(step => changes.Contains(step) || step.StartsWith("Delete", StringComparison.Ordinal) || step == "CreateLock"));
    }

    [Theory]
    [InlineData(false, 18)]
    [InlineData(true, 21)]
    public void Ending_at_any_step_leaves_the_output_whole_or_absent_and_the_next_run_clears_up(bool makesParent, int steps)
    {
        int killAt = 0;
        bool ended;
        var seen = new HashSet<string>();
        string parent = makesParent ? "parent" : ".";
        do
        {
            using var scratch = new ScratchFolder();
            string output = Path.GetFullPath(scratch[$"{parent}/out"]);
            ended = EndsDuring(new ScriptedOperations(exchange: true, ++killAt), output, overwrite: false);
            string? after = ScratchFolder.Contents(output);
            Assert.True(after is null or New, after);
            seen.Add(after ?? "none");

            WorkFolderShare.Recover(Path.GetDirectoryName(output)!, new ScriptedOperations(exchange: true));
            AtomicFolder.Recover(output, new ScriptedOperations(exchange: true));
            Assert.Equal(after, ScratchFolder.Contents(output));
            Assert.Equal(after is null ? [] : [output], Entries(Path.GetDirectoryName(output)!));
        }
        while (ended);

        Assert.Equal(["a=new c=new", "none"], seen.Order(StringComparer.Ordinal));
        Assert.Equal(steps, killAt - 1);
    }

    [Fact]
    public void What_appears_meanwhile_is_replaced_from_a_folder_of_its_own_whenever_the_process_ends()
    {
        int killAt = 0;
        bool ended;
        var seen = new HashSet<string?>();
        do
        {
            using var scratch = new ScratchFolder();
            var operations = new ScriptedOperations(exchange: true, ++killAt);
            operations.Before = step =>
            {
                if (step == nameof(IFileOperations.CreateFile))
                {
                    scratch.Make("out", ("a", "old"), ("b", "old"), ("kept", "theirs"));
                }
            };
            ended = EndsDuring(operations, scratch["out"], overwrite: true);
            WorkFolderShare.Recover(scratch.Path, new ScriptedOperations(exchange: true));
            AtomicFolder.Recover(scratch["out"], new ScriptedOperations(exchange: true));
            string? after = ScratchFolder.Contents(scratch["out"]);
            Assert.True(after is null or "a=old b=old kept=theirs" or New + " kept=theirs", after);
            Assert.Equal(after is null ? [] : ["out"], scratch.Entries);
            seen.Add(after);
        }
        while (ended);

        Assert.Equal(3, seen.Count);
        Assert.Contains(New + " kept=theirs", seen);
    }

    [Fact]
    public void What_is_not_committed_is_gone_and_so_are_parents_that_were_made_for_it()
    {
        using var scratch = new ScratchFolder();
        using (var share = new WorkFolderShare())
        {
            using (Written(SystemFileOperations.Instance, scratch["far/away/out"], share))
            {
            }

            Assert.True(Directory.Exists(scratch["far/away"]));
        }

        Assert.Empty(scratch.Entries);
    }

    [Fact]
    public void A_hidden_folder_that_somebody_removes_is_made_again()
    {
        using var scratch = new ScratchFolder();
        using (var share = new WorkFolderShare())
        {
            using (AtomicFolder first = Written(SystemFileOperations.Instance, scratch["out/first"], share))
            {
                first.Commit();
            }

            Directory.Delete(scratch["out"], recursive: true);
            using AtomicFolder second = Written(SystemFileOperations.Instance, scratch["out/second"], share);
            second.Commit();
        }

        Assert.Equal([scratch["out/second"]], Entries(scratch["out"]));
    }

    [Fact]
    public void The_hidden_folder_of_a_run_that_goes_on_is_left_alone()
    {
        using var scratch = new ScratchFolder();
        using var share = new WorkFolderShare();
        using AtomicFolder output = Written(SystemFileOperations.Instance, scratch["out"], share);
        WorkFolderShare.Recover(scratch.Path);
        WorkFolderShare.Recover(scratch.Path, new ScriptedOperations(exchange: true));
        output.Commit();
        Assert.Equal(New, ScratchFolder.Contents(scratch["out"]));
    }

    private static string[] Entries(string folder) =>
        !Directory.Exists(folder) ? [] : [.. Directory.GetFileSystemEntries(folder).Order(StringComparer.Ordinal)];

    private static AtomicFolder Written(IFileOperations operations, string output, WorkFolderShare share, bool overwrite = false)
    {
        var options = new AtomicFolderOptions { Overwrite = overwrite, IsReplaced = name => name is "a" or "b", Share = share };
        AtomicFolder folder = AtomicFolder.Create(output, options, operations);
        folder.WriteAllBytes("a", "new"u8);
        folder.WriteAllBytes("c", "new"u8);
        return folder;
    }

    private static bool EndsDuring(ScriptedOperations operations, string output, bool overwrite)
    {
        try
        {
            using var share = new WorkFolderShare();
            using AtomicFolder folder = Written(operations, output, share, overwrite);
            folder.Commit();
            return false;
        }
        catch (ProcessEnded)
        {
            return true;
        }
    }
}
