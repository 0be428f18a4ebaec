using System.Diagnostics;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests;

/// <summary>The process is killed at a random moment, which nothing in it can see. Whatever is there afterwards is whole, and the next run clears up.</summary>
public sealed class KillTests : IDisposable
{
    // Fifty on the published command; the build that needs a runtime takes ten times as long.
    private static readonly int Rounds = Command.IsPublished ? 50 : 4;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_killed_conversion_leaves_the_old_output_or_the_new_one_and_the_next_clears_up()
    {
        string source = Fill(_folder["in"]);
        string[] arguments = ["convert", source, "--to", "peft", "--base", Fixtures.HfBaseFolder("qwen3_moe"), "--output", _folder["out"], "--overwrite"];
        TimeSpan whole = Time(arguments);
        string wanted = Contents(_folder["out"]);
        File.WriteAllText(_folder["out/notes.txt"], "mine");
        Directory.CreateDirectory(_folder["out/checkpoint-5"]);
        var moments = new Random(11);
        for (int round = 0; round < Rounds; round++)
        {
            Kill(arguments, whole * moments.NextDouble() * 1.1);
            Assert.Equal(wanted, Contents(_folder["out"]));
            Command.Run(arguments).ExitsWith(0);
            Assert.Equal(wanted, Contents(_folder["out"]));
            Assert.Equal(["in", "out"], Names(_folder.Path));
            Assert.Equal("mine", File.ReadAllText(_folder["out/notes.txt"]));
            Assert.True(Directory.Exists(_folder["out/checkpoint-5"]));
        }
    }

    [Fact]
    public void A_killed_repair_in_place_is_finished_or_undone_by_the_next()
    {
        string whole = Fill(_folder["whole"]);
        string before = Contents(whole);
        TimeSpan time = Time("repair", whole, "--in-place");
        string after = Contents(whole);
        Assert.NotEqual(before, after);
        var moments = new Random(12);
        for (int round = 0; round < Rounds; round++)
        {
            string folder = Fill(_folder[$"in{round}"]);
            Kill(["repair", folder, "--in-place"], time * moments.NextDouble() * 1.1);
            Assert.All(
                Directory.GetFiles(folder, "*.orig"),
                path =>
                    Assert.Equal(
                        File.ReadAllBytes(Path.Combine(Fixtures.Case("legacy_switch_2d").AdapterFolder, Path.GetFileNameWithoutExtension(path))),
                        File.ReadAllBytes(path)));
            Command.Run("repair", folder, "--in-place").ExitsWith(0);
            Assert.Equal(after, Contents(folder));
            Assert.Equal(["adapter_config.json", "adapter_config.json.orig", "adapters.safetensors", "adapters.safetensors.orig"], Names(folder));
        }
    }

    [Fact]
    public void Of_two_conversions_to_one_new_output_one_is_told_that_it_exists()
    {
        string source = Fixtures.Case("llama_qv").AdapterFolder;
        for (int round = 0; round < Rounds / 2; round++)
        {
            string output = _folder[$"out{round}"];
            Process[] processes = [.. Enumerable.Range(0, 2).Select(_ => Command.Start("convert", source, "--to", "mlx-lm", "--output", output))];
            (int Code, string Error)[] ends = [.. processes.Select(process =>
            {
                string error = process.StandardError.ReadToEnd();
                process.WaitForExit();
                return (process.ExitCode, error);
            })];
            Assert.Equal([0, 1], ends.Select(end => end.Code).Order());
            Assert.Contains("error TF5016", ends.Single(end => end.Code == 1).Error);
            Assert.Equal(["adapter_config.json", "adapters.safetensors"], Names(output));
        }

        Assert.All(Names(_folder.Path), name => Assert.StartsWith("out", name));
    }

    private static string Fill(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(Fixtures.Case("legacy_switch_2d").AdapterFolder))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        }

        return folder;
    }

    private static TimeSpan Time(params string[] arguments)
    {
        var clock = Stopwatch.StartNew();
        Command.Run(arguments).ExitsWith(0);
        return clock.Elapsed;
    }

    private static void Kill(string[] arguments, TimeSpan after)
    {
        using Process process = Command.Start(arguments);
        Thread.Sleep(after);
        process.Kill();
        process.WaitForExit();
    }

    private static string[] Names(string folder) =>
        [.. Directory.EnumerateFileSystemEntries(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    // Of the adapter.
    private static string Contents(string folder) =>
        string.Join(
            ' ',
            Directory.EnumerateFiles(folder).Where(path => Path.GetFileName(path).StartsWith("adapter", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
        .Select(path => $"{Path.GetFileName(path)}={Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))}"));
}
