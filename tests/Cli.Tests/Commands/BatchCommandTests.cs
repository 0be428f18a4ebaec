using System.Diagnostics;
using System.Text.Json;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

/// <summary>Many inputs in one run: resumed after kills, run twice at once, divided, and reported.</summary>
public sealed class BatchCommandTests : IDisposable
{
    private const int Adapters = 12;

    // Fifty on the published command; the build that needs a runtime takes ten times as long.
    private static readonly int Rounds = Command.IsPublished ? 50 : 3;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Killed_at_random_moments_and_resumed_the_folder_is_that_of_an_undisturbed_run()
    {
        Fill(Adapters);
        var clock = Stopwatch.StartNew();
        Command.Run(Convert("alone")).ExitsWith(0);
        TimeSpan whole = clock.Elapsed;
        string[] wanted = Contents(_folder["alone"]);
        Assert.Equal(3 * Adapters, wanted.Length);
        var moments = new Random(21);
        for (int round = 0; round < Rounds; round++)
        {
            string output = $"out{round}";
            using (Process process = Command.Start(Convert(output)))
            {
                Thread.Sleep(whole * moments.NextDouble() * 1.1);
                process.Kill();
                process.WaitForExit();
            }

            Command.Run(Convert(output)).ExitsWith(0);
            Assert.Equal(wanted, Contents(_folder[output]));
            Assert.Contains("skipped", Command.Run(Convert(output)).ExitsWith(0).Output);
        }
    }

    [Fact]
    public void Many_threads_that_begin_at_once_read_the_same_options()
    {
        Fill(Adapters);
        string known = Directory.CreateDirectory(_folder["base"]).FullName;
        File.Copy(Path.Combine(Fixtures.Case("llama_qv").BaseFolder, "config.json"), Path.Combine(known, "config.json"));
        for (int round = 0; round < Rounds; round++)
        {
            Command.Run([.. Convert("out"), "--dry-run", "--jobs", $"{Adapters}", "--base", known]).ExitsWith(0);
        }
    }

    [Fact]
    public void Two_processes_at_once_on_one_output_agree()
    {
        Fill(Adapters);
        Command.Run(Convert("alone")).ExitsWith(0);
        for (int round = 0; round < Math.Max(1, Rounds / 10); round++)
        {
            Process[] processes = [.. Enumerable.Range(0, 2).Select(_ => Command.Start(Convert($"out{round}")))];
            string[] errors = [.. processes.Select(process => process.StandardError.ReadToEnd())];
            Assert.All(processes, process => process.WaitForExit());
            Assert.All(processes.Zip(errors), run => Assert.True(run.First.ExitCode == 0, run.Second));
            Assert.Equal(Contents(_folder["alone"]), Contents(_folder[$"out{round}"]));
        }
    }

    [Fact]
    public void A_second_run_does_not_take_its_own_outputs_as_inputs()
    {
        Fill(3);
        string[] convert = ["convert", _folder["runs/**"], "--to", "mlx-lm", "--output", _folder["runs/out"]];
        Assert.Matches("(?m)^converted +3$", Command.Run(convert).ExitsWith(0).Output);
        string[] before = Contents(_folder["runs/out"]);
        CommandResult again = Command.Run(convert).ExitsWith(0);
        Assert.Matches("(?m)^skipped +3 ", again.Output);
        Assert.Matches("info TF7003 .*3 adapters", again.Error);
        Assert.Equal(before, Contents(_folder["runs/out"]));
        CommandResult other = Command.Run([.. convert[..^1], _folder["elsewhere"], "--dry-run", "--exclude", "out/*"]).ExitsWith(0);
        Assert.Equal(3, other.Output.Split("would be").Length - 1);
    }

    [Fact]
    public void Shards_are_merged_and_a_missing_one_is_exit_code_4()
    {
        Fill(5);
        File.WriteAllText(_folder["runs/03/adapter_config.json"], "{");
        Command.Run([.. Convert("out"), "--shard", "1/2"]);
        CommandResult partial = Command.Run("report", "--merge", _folder["out"]).ExitsWith(4);
        Assert.Contains("TF7020", partial.Error);
        Command.Run([.. Convert("out"), "--shard", "2/2"]);
        CommandResult merged = Command.Run("report", "--merge", _folder["out"], "--json").ExitsWith(4);
        JsonElement report = JsonDocument.Parse(merged.Output).RootElement;
        Assert.Equal("transfuse.batch/1", report.GetProperty("schema").GetString());
        Assert.Equal(4, report.GetProperty("summary").GetProperty("done").GetProperty("converted").GetInt32());
        Assert.Equal(1, report.GetProperty("summary").GetProperty("refused").GetProperty("TF1401").GetInt32());
        Assert.Equal(["00", "01", "02", "03", "04"], report.GetProperty("inputs").EnumerateArray().Select(input => input.GetProperty("name").GetString()));
        Assert.Equal(2, Command.Run("report", "--merge", _folder["runs"]).ExitCode);
    }

    [Fact]
    public void The_report_has_every_verdict_and_the_table_what_was_refused_by_code()
    {
        Fill(4);
        File.WriteAllText(_folder["runs/02/adapter_config.json"], "{");
        CommandResult run = Command.Run([.. Convert("out"), "--report", _folder["report.json"]]).ExitsWith(4);
        Assert.Matches("(?m)^converted +3$", run.Output);
        Assert.Matches("(?m)^  TF1401 +1 ", run.Output);
        JsonElement report = JsonDocument.Parse(File.ReadAllText(_folder["report.json"])).RootElement;
        Assert.Equal([true, true, false, true], report.GetProperty("inputs").EnumerateArray().Select(input => input.GetProperty("succeeded").GetBoolean()));
        Assert.Equal(4, report.GetProperty("summary").GetProperty("inputs").GetInt32());
        CommandResult again = Command.Run([.. Convert("out"), "--report", _folder["report.json"], "--quiet"]).ExitsWith(4);
        Assert.DoesNotContain(_folder["out"], again.Output);
        report = JsonDocument.Parse(File.ReadAllText(_folder["report.json"])).RootElement;
        Assert.Equal(3, report.GetProperty("summary").GetProperty("skipped").GetInt32());
    }

    [Fact]
    public void A_list_names_inputs_and_outputs_and_two_with_one_output_stop_before_anything_runs()
    {
        Fill(3);
        File.WriteAllText(_folder["list"], $"# chosen\n{_folder["runs/00"]}\n{_folder["runs/01"]}\tbest/one\n");
        Command.Run("convert", "--from-file", _folder["list"], "--to", "mlx-lm", "--output", _folder["out"]).ExitsWith(0);
        Assert.True(File.Exists(_folder["out/00/adapters.safetensors"]));
        Assert.True(File.Exists(_folder["out/best/one/adapters.safetensors"]));
        File.WriteAllText(_folder["list"], $"{_folder["runs/00"]}\tx\n{_folder["runs/01"]}\tx\n");
        Assert.Contains(
            "same output 'x'", Command.Run("convert", "--from-file", _folder["list"], "--to", "mlx-lm", "--output", _folder["other"]).ExitsWith(2).Error);
        Assert.False(Directory.Exists(_folder["other"]));
    }

    [Theory]
    [InlineData("--shard", "9/8")]
    [InlineData("--memory", "much memory")]
    [InlineData("--jobs", "0")]
    public void Values_that_are_none_are_wrong_usage(string option, string value)
    {
        Fill(1);
        Assert.Contains(option[2..], Command.Run([.. Convert("out"), option, value]).ExitsWith(2).Error);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public void Checks_with_a_journal_are_not_repeated()
    {
        Fill(3);
        string[] check = ["check", _folder["runs/*"], "--for", "peft", "--journal", _folder["journal"]];
        Assert.Matches("(?m)^checked +3$", Command.Run(check).ExitsWith(0).Output);
        Assert.Matches("(?m)^skipped +3 ", Command.Run(check).ExitsWith(0).Output);
    }

    [Fact]
    public void Each_of_several_adapters_is_fused_into_a_model_of_its_own()
    {
        Fill(2);
        string[] fuse = ["fuse", _folder["runs/*"], "--base", Fixtures.HfBaseFolder("llama"), "--output", _folder["out"]];
        Assert.Matches("(?m)^fused +2$", Command.Run(fuse).ExitsWith(0).Output);
        Assert.True(File.Exists(_folder["out/00/config.json"]));
        Assert.True(File.Exists(_folder["out/01/config.json"]));
        Assert.Matches("(?m)^skipped +2 ", Command.Run(fuse).ExitsWith(0).Output);
    }

    private string[] Convert(string output) => ["convert", _folder["runs/*"], "--to", "mlx-lm", "--output", _folder[output]];

    private void Fill(int count) => AdapterRuns.Fill(_folder["runs"], count);

    private static string[] Contents(string folder) => AdapterRuns.Contents(folder);
}
