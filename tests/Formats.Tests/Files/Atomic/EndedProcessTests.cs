using Transfuse.Formats.Files;
using Transfuse.Formats.Files.Atomic;

namespace Transfuse.Formats.Tests.Files.Atomic;

/// <summary>The process ends, or a step fails, at every step of making and swapping a folder.</summary>
public class EndedProcessTests
{
    private const string Kept = " kept=theirs sub/kept=theirs";
    private const string OldOwn = "a=old b=old";
    private const string NewOwn = "a=new c=new";
    private const string Old = OldOwn + Kept;
    private const string New = NewOwn + Kept;

    [Theory]
    [InlineData(true, true, false, 37)]
    [InlineData(true, true, true, 41)]
    [InlineData(false, true, false, 40)]
    [InlineData(false, true, true, 44)]
    [InlineData(true, false, false, 17)]
    [InlineData(false, false, true, 21)]
    public void Ending_at_any_step_leaves_old_or_new_and_the_next_run_clears_up(bool exchange, bool replace, bool durable, int steps)
    {
        int killAt = 0;
        bool ended;
        var seen = new HashSet<string?>();
        do
        {
            using ScratchFolder scratch = Prepared(replace);
            ended = EndsDuring(new ScriptedOperations(exchange, ++killAt), scratch["out"], durable);
            string? after = Own(ScratchFolder.Contents(scratch["out"]));
            AssertOneOf(after, exchange ? [replace ? OldOwn : null, NewOwn] : [OldOwn, null, NewOwn]);

            AtomicFolder.Recover(scratch["out"], new ScriptedOperations(exchange: true));
            string? recovered = ScratchFolder.Contents(scratch["out"]);
            Assert.Equal(!replace ? after : after == OldOwn ? Old : New, recovered);
            Assert.Equal(recovered is null ? [] : ["out"], scratch.Entries);
            seen.Add(after);
        }
        while (ended);

        Assert.Equal(steps, killAt - 1);
        Assert.Equal(!replace ? [null, NewOwn] : exchange ? [NewOwn, OldOwn] : [null, NewOwn, OldOwn], seen.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Ending_again_while_clearing_up_loses_nothing(bool exchange)
    {
        int runs = 0;
        bool ended;
        int killAt = 0;
        do
        {
            int killRecoveryAt = 0;
            bool recoveryEnded;
            do
            {
                using ScratchFolder scratch = Prepared(replace: true);
                ended = EndsDuring(new ScriptedOperations(exchange, killAt + 1), scratch["out"], durable: false);
                var operations = new ScriptedOperations(exchange, ++killRecoveryAt);
                recoveryEnded = Ends(() => AtomicFolder.Recover(scratch["out"], operations));
                AssertOneOf(Own(ScratchFolder.Contents(scratch["out"])), OldOwn, null, NewOwn);

                AtomicFolder.Recover(scratch["out"], new ScriptedOperations(exchange: true));
                AssertOneOf(ScratchFolder.Contents(scratch["out"]), Old, New);
                Assert.Equal(["out"], scratch.Entries);
                runs++;
            }
            while (recoveryEnded);
            killAt++;
        }
        while (ended);

        Assert.InRange(runs, 100, 2000);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_next_run_succeeds_after_an_end_at_any_step(bool exchange)
    {
        int killAt = 0;
        bool ended;
        do
        {
            using ScratchFolder scratch = Prepared(replace: true);
            ended = EndsDuring(new ScriptedOperations(exchange, ++killAt), scratch["out"], durable: false);
            Assert.False(EndsDuring(new ScriptedOperations(exchange), scratch["out"], durable: false));
            Assert.Equal(New, ScratchFolder.Contents(scratch["out"]));
            Assert.Equal(["out"], scratch.Entries);
        }
        while (ended);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void A_failure_at_any_step_leaves_the_destination_as_it_was_or_is_told(bool exchange, bool replace)
    {
        string? old = replace ? Old : null, @new = replace ? New : NewOwn;
        int failAt = 0;
        int thrown = 0;
        var operations = new ScriptedOperations(exchange);
        do
        {
            using ScratchFolder scratch = Prepared(replace);
            operations = new ScriptedOperations(exchange, failAt: ++failAt);
            bool failed = false;
            AtomicFolder? folder = null;
            try
            {
                folder = Written(operations, scratch["out"], durable: false);
                folder.Commit();
            }
            catch (IOException exception)
            {
                Assert.Contains($"step {failAt},", exception.Message, StringComparison.Ordinal);
                failed = true;
                thrown++;
            }

            folder?.Dispose();
            string? after = ScratchFolder.Contents(scratch["out"]);
            Assert.Equal(failed ? old : @new, after);
            IEnumerable<string> expected = after is null ? [] : ["out"];
            string? leftover = Path.GetFileName(folder?.LeftoverPath);
            Assert.Equal(leftover is null ? expected : expected.Prepend(leftover), scratch.Entries);

            AtomicFolder.Recover(scratch["out"], new ScriptedOperations(exchange: true));
            Assert.Equal(after, ScratchFolder.Contents(scratch["out"]));
            Assert.Equal(expected, scratch.Entries);
        }
        while (operations.Steps.Count >= failAt);

        Assert.InRange(thrown, 8, failAt);
    }

    [Fact]
    public void A_destination_that_cannot_be_put_back_is_kept_and_the_next_run_finishes()
    {
        using ScratchFolder scratch = Prepared(replace: true);
        var operations = new ScriptedOperations(exchange: false);
        int moves = 0;
        operations.Before = step =>
        {
            // The list of names, two entries that stay, and the old folder are moved; the new one cannot be, nor the old one back.
            if (step == nameof(IFileOperations.Move) && ++moves > 4)
            {
                throw new IOException($"move {moves}");
            }
        };

        AtomicFolder folder = Written(operations, scratch["out"], durable: false);
        var failure = Assert.Throws<IOException>(folder.Commit);
        folder.Dispose();
        Assert.Equal(6, moves);
        Assert.Contains(folder.LeftoverPath!, failure.Message, StringComparison.Ordinal);
        Assert.Contains("move 5", failure.Message, StringComparison.Ordinal);
        Assert.Equal(OldOwn, ScratchFolder.Contents(Path.Combine(folder.LeftoverPath!, "old")));

        AtomicFolder.Recover(scratch["out"], new ScriptedOperations(exchange: true));
        Assert.Equal(New, ScratchFolder.Contents(scratch["out"]));
        Assert.Equal(["out"], scratch.Entries);
    }

    [Fact]
    public void A_folder_that_appears_at_the_last_moment_is_not_replaced()
    {
        using ScratchFolder scratch = Prepared(replace: false);
        var operations = new ScriptedOperations(exchange: true);
        operations.Before = step =>
        {
            if (step == nameof(IFileOperations.Move))
            {
                scratch.Make("out");
            }
        };

        using (AtomicFolder folder = AtomicFolder.Create(scratch["out"], null, operations))
        {
            var refusal = Assert.Throws<AtomicFolderException>(folder.Commit);
            Assert.Equal((AtomicFolderError.Exists, scratch["out"]), (refusal.Cause, refusal.Destination));
        }

        Assert.Equal(string.Empty, ScratchFolder.Contents(scratch["out"]));
        Assert.Equal(["out"], scratch.Entries);
    }

    [Fact]
    public void Durable_flushes_files_and_folder_before_the_swap_and_the_parent_after()
    {
        using ScratchFolder scratch = Prepared(replace: true);
        var operations = new ScriptedOperations(exchange: true);
        EndsDuring(operations, scratch["out"], durable: true);
        string[] order = ["FlushFile", "FlushFile", "FlushFolder", "TryExchange", "FlushFolder"];
        Assert.Equal(order, operations.Steps.Where(step => order.Contains(step)));
    }

    private static string? Own(string? contents) => contents?.Replace(" kept=theirs", string.Empty).Replace(" sub/kept=theirs", string.Empty);

    private static void AssertOneOf(string? found, params string?[] allowed) => Assert.True(allowed.Contains(found), $"found {found ?? "nothing"}");

    private static ScratchFolder Prepared(bool replace)
    {
        var scratch = new ScratchFolder();
        if (replace)
        {
            Directory.CreateDirectory(Path.Combine(scratch.Make("out", ("a", "old"), ("b", "old"), ("kept", "theirs")), "sub"));
            File.WriteAllText(Path.Combine(scratch["out"], "sub", "kept"), "theirs");
        }

        return scratch;
    }

    private static AtomicFolder Written(ScriptedOperations operations, string destination, bool durable)
    {
        var options = new AtomicFolderOptions { Overwrite = true, Durable = durable, IsReplaced = name => name is "a" or "b" or "c" };
        AtomicFolder folder = AtomicFolder.Create(destination, options, operations);
        try
        {
            folder.WriteAllBytes("a", "new"u8);
            folder.WriteAllBytes("c", "new"u8);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    private static bool EndsDuring(ScriptedOperations operations, string destination, bool durable) => Ends(() =>
    {
        using AtomicFolder folder = Written(operations, destination, durable);
        folder.Commit();
    });

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
