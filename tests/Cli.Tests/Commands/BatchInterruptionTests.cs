using System.Diagnostics;
using System.Text.Json;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

/// <summary>Ctrl+C in the middle of a batch: what is in work is finished or rolled back, the journal tells what is there, and a second run goes on.</summary>
public sealed class BatchInterruptionTests : IDisposable
{
    private const int Adapters = 200;

    // The build that needs a runtime takes ten times as long.
    private static readonly int Rounds = Command.IsPublished ? 20 : 4;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Interrupted_in_the_middle_and_run_again_the_folder_is_that_of_an_undisturbed_run()
    {
        AdapterRuns.Fill(_folder["runs"], Adapters, "d3");
        Command.Run(Convert("alone")).ExitsWith(0);
        string[] wanted = AdapterRuns.Contents(_folder["alone"]);
        Assert.Equal(3 * Adapters, wanted.Length);
        var moments = new Random(31);
        int inTheMiddle = 0;
        for (int round = 0; round < Rounds; round++)
        {
            string output = $"out{round}";
            using Process process = Command.StartListening(Convert(output));
            Task<string> printed = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            WaitUntilThereAre(moments.Next(1, Adapters * 3 / 4), _folder[output], process);
            Command.Signal(process, "INT");
            Assert.True(process.WaitForExit(TimeSpan.FromMinutes(1)), "the batch did not end");
            if (process.ExitCode == 0)
            {
                // It was done before the signal came.
                continue;
            }

            Assert.True(process.ExitCode == 130, await error);
            Assert.Contains("interrupted", await error);
            Assert.DoesNotContain("converted  ", await printed);
            string[] there = AdapterRuns.Contents(_folder[output]);
            Assert.Empty(there.Except(wanted));
            string[] done = [.. there.Where(line => line.EndsWith(" folder", StringComparison.Ordinal)).Select(line => line[..3])];
            Assert.Equal(3 * done.Length, there.Length);
            Assert.Equal(done, DoneBy(Assert.Single(AdapterRuns.Journals(_folder[output]))));
            inTheMiddle += done.Length is > 0 and < Adapters ? 1 : 0;

            CommandResult merged = Command.Run("report", "--merge", _folder[output]).ExitsWith(4);
            Assert.Matches($"(?m)^not run +{Adapters - done.Length}$", merged.Output);
            CommandResult again = Command.Run(Convert(output)).ExitsWith(0);
            Assert.Matches($"(?m)^converted +{Adapters - done.Length}$", again.Output);
            Assert.Matches($"(?m)^skipped +{done.Length} ", again.Output);
            Assert.Equal(wanted, AdapterRuns.Contents(_folder[output]));
            Command.Run("report", "--merge", _folder[output]).ExitsWith(0);
        }

        Assert.True(inTheMiddle >= Rounds / 2, $"only {inTheMiddle} of {Rounds} were interrupted in the middle");
    }

    private string[] Convert(string output) => ["convert", _folder["runs/*"], "--to", "mlx-lm", "--output", _folder[output]];

    // Each line is whole; the names of those that it calls done.
    private static string[] DoneBy(string journal)
    {
        string[] lines = File.ReadAllLines(journal);
        Assert.EndsWith("\n", File.ReadAllText(journal), StringComparison.Ordinal);
        JsonElement[] entries = [.. lines.Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Single(entries, entry => entry.GetProperty("kind").GetString() == "run");
        JsonElement[] ends = [.. entries.Where(entry => entry.GetProperty("kind").GetString() == "end")];
        Assert.All(ends, end => Assert.Equal("done", end.GetProperty("verdict").GetString()));
        return [.. ends.Select(end => end.GetProperty("name").GetString()!).Order(StringComparer.Ordinal)];
    }

    private static void WaitUntilThereAre(int count, string output, Process process)
    {
        while (!process.HasExited && (!Directory.Exists(output) || Directory.GetDirectories(output, "???").Length < count))
        {
            Thread.Sleep(1);
        }
    }
}
