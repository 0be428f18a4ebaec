using System.Diagnostics;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests;

public sealed class InterruptionTests : IDisposable
{
    // With three signals, 51 in all on the published command; the build that needs a runtime takes ten times as long to start.
    private static readonly int Rounds = Command.IsPublished ? 17 : 2;

    private readonly TemporaryFolder _folder = new();
    private readonly string _large;
    private readonly string _config;

    public InterruptionTests()
    {
        _large = LargeAdapter.Make(_folder["large"]);
        _config = File.ReadAllText(Path.Combine(_large, "adapter_config.json"));
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    public async Task Signal_ends_a_conversion_at_any_moment_and_leaves_nothing(string signal, int code)
    {
        var moments = new Random(code);
        for (int round = 0; round < Rounds; round++)
        {
            await EndsWith(
                signal, code, WaitUntilItHasWrittenFor(moments.Next(60)), ["convert", _large, "--to", "mlx-lm", "--output", _folder["out"], "--jobs", "1"]);
        }
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    public async Task Signal_ends_a_repair_and_leaves_what_was_there(string signal, int code)
    {
        LargeAdapter.Make(_large, factorName: "default.weight");
        await EndsWith(signal, code, WaitUntilItHasWrittenFor(20), ["repair", _large, "--output", _folder["out"]]);
        await EndsWith(signal, code, WaitUntilItHasWrittenFor(20), ["repair", _large, "--in-place"]);
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    public async Task Signal_ends_the_verbs_that_only_read(string signal, int code)
    {
        string other = LargeAdapter.Make(_folder["other"]);
        // Another scale makes every module differ, and to form its elements takes hours.
        File.WriteAllText(Path.Combine(other, "adapter_config.json"), _config.Replace("\"lora_alpha\": 64", "\"lora_alpha\": 32", StringComparison.Ordinal));
        await EndsWith(signal, code, WaitUntilItWorks, ["verify", _large, other, "--worst-element"]);
        string[] many =
            [.. Enumerable.Range(0, 4096).Select(
                number => _large + string.Concat(Enumerable.Range(0, 12).Select(bit => (number >> bit & 1) == 0 ? "//" : "/.")))];
        await EndsWith(signal, code, WaitUntilItPrints, ["inspect", .. many]);
        await EndsWith(signal, code, WaitUntilItPrints, ["check", .. many, "--for", "peft"]);
    }

    [Fact]
    public async Task Signal_that_was_ignored_from_the_start_stays_ignored()
    {
        using Process process = Command.StartIgnoring("convert", _large, "--to", "mlx-lm", "--output", _folder["out"], "--jobs", "1");
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        WaitUntilItWrites(process);
        Command.Signal(process, "INT");
        Command.Signal(process, "HUP");
        Thread.Sleep(50);
        Assert.False(process.HasExited, await ErrorOf(process, error));
        Command.Signal(process, "TERM");
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(1)));
        Assert.Equal(143, process.ExitCode);
        AssertUntouched();
    }

    private async Task EndsWith(string signal, int code, Action<Process> wait, string[] arguments)
    {
        using Process process = Command.StartListening(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        wait(process);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.False(process.HasExited, $"{arguments[0]} ended before it could be interrupted: {await ErrorOf(process, error)}");
        Command.Signal(process, signal);
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(1)), $"{arguments[0]} did not end");

        Assert.Equal(code, process.ExitCode);
        Assert.Contains("interrupted", await error);
        await output;
        AssertUntouched();
    }

    private static async Task<string> ErrorOf(Process process, Task<string> error) => process.HasExited ? await error : string.Empty;

    private void AssertUntouched()
    {
        string[] allowed = [_folder["large"], _folder["other"]];
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path).Except(allowed));
        Assert.Equal(["adapter_config.json", "adapter_model.safetensors"], Directory.EnumerateFileSystemEntries(_large).Select(Path.GetFileName).Order());
        Assert.Equal(_config, File.ReadAllText(Path.Combine(_large, "adapter_config.json")));
    }

    private Action<Process> WaitUntilItHasWrittenFor(int milliseconds) => process =>
    {
        WaitUntilItWrites(process);
        Thread.Sleep(milliseconds);
    };

    private void WaitUntilItWrites(Process process)
    {
        while (!process.HasExited && Directory.GetDirectories(_folder.Path, ".*").Length == 0 && Directory.GetFileSystemEntries(_large).Length == 2)
        {
            Thread.Sleep(1);
        }
    }

    // The findings of the first input of several.
    private static void WaitUntilItPrints(Process process) => process.StandardError.ReadLine();

    // The start of the process takes less than this.
    private static void WaitUntilItWorks(Process process)
    {
        while (!process.HasExited && process.TotalProcessorTime < TimeSpan.FromSeconds(Command.IsPublished ? 0.1 : 0.6))
        {
            Thread.Sleep(1);
            process.Refresh();
        }
    }
}
