using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests;

public class HabitsTests
{
    private static readonly string Llama = Fixtures.Case("llama_qv").AdapterFolder;

    [Fact]
    public void Bare_command_prints_help()
    {
        CommandResult result = Command.Run().ExitsWith(0);
        Assert.Contains("inspect", result.Output);
        Assert.Contains("Usage:", result.Output);
    }

    [Theory]
    [InlineData("there is no command 'convret'; did you mean 'convert'?", "convret")]
    [InlineData("there is no command 'nonsense'", "nonsense")]
    [InlineData("inspect has no option '--jsno'; did you mean '--json'?", "inspect", "x", "--jsno")]
    [InlineData("repair has no option '--dtype'", "repair", "x", "--output", "y", "--dtype", "bf16")]
    [InlineData("'mlx-ml' is no target; did you mean 'mlx-lm'? Use mlx-lm, ", "convert", "x", "--to", "mlx-ml", "--output", "y")]
    [InlineData("'vlmm' is no reader; did you mean 'vllm'? Use mlx-lm, ", "check", "x", "--for", "vlmm")]
    [InlineData("--tolerance must be a number of at least 0, not '-1'.", "verify", "x", "y", "--tolerance", "-1")]
    [InlineData("--tolerance must be a number of at least 0, not 'NaN'.", "verify", "x", "y", "--tolerance", "NaN")]
    public void Wrong_words_are_named_with_the_nearest_right_one(string message, params string[] arguments) =>
        Assert.StartsWith($"error: {message}", Command.Run(arguments).ExitsWith(2).Error);

    [Fact]
    public void What_begins_like_an_option_is_a_path_after_two_dashes() =>
        Assert.Contains("'--adapter' does not exist.", Command.Run("inspect", "--", "--adapter").ExitsWith(3).Error);

    [Theory]
    [InlineData("float32", "f32")]
    [InlineData("bfloat16", "bf16")]
    [InlineData("float16", "f16")]
    public void Dtypes_have_long_and_short_names_and_targets_any_case(string longName, string shortName)
    {
        using var folder = new TemporaryFolder();
        Command.Run("convert", Llama, "--to", "MLX-LM", "--output", folder["long"], "--dtype", longName).ExitsWith(0);
        Command.Run("convert", Llama, "--to", "mlx-lm", "--output", folder["short"], "--dtype", shortName).ExitsWith(0);
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(folder["short"], "adapters.safetensors")), File.ReadAllBytes(Path.Combine(folder["long"], "adapters.safetensors")));
    }

    [Fact]
    public void Ids_of_the_hub_are_recognised_where_folders_go()
    {
        using var folder = new TemporaryFolder();
        const string Id = "meta-llama/Llama-3.1-8B", Hint = "hf:meta-llama/Llama-3.1-8B reads it from there";
        Assert.Contains(Hint, Command.Run("inspect", Id).ExitsWith(3).Error);
        Assert.Contains(Hint, Command.Run("convert", Llama, "--to", "mlx-lm", "--base", Id, "--output", folder["out"]).ExitsWith(3).Error);
    }

    [Fact]
    public void Globs_match_folders_and_every_line_of_a_batch_names_its_input()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in new[] { "a", "b" })
        {
            Directory.CreateDirectory(folder[$"runs/{name}"]);
            foreach (string file in Directory.EnumerateFiles(Llama))
            {
                File.Copy(file, Path.Combine(folder[$"runs/{name}"], Path.GetFileName(file)));
            }
        }

        Directory.CreateDirectory(folder["runs/broken"]);
        File.WriteAllText(Path.Combine(folder["runs/broken"], "adapter_config.json"), "{");
        Directory.CreateDirectory(folder["runs/logs"]);
        File.WriteAllText(folder["runs/notes.txt"], "no adapter");
        CommandResult result = Command.Run("convert", folder["runs/*"], "--to", "mlx-lm", "--output", folder["out"]).ExitsWith(4);

        Assert.Equal(["a", "b"], Directory.EnumerateDirectories(folder["out"]).Select(Path.GetFileName).Order());
        string[] lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("3 inputs: 2 succeeded, 1 failed: ", lines[^1]);
        Assert.EndsWith("broken", lines[^1]);
        Assert.All(lines[..^1], line => Assert.Contains("runs/", line.Split(": ")[0]));
        Assert.Contains(lines, line => line.Contains("broken: error TF1", StringComparison.Ordinal));
    }

    [Fact]
    public void Glob_that_matches_no_adapter_is_wrong_usage()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["notes.txt"], "no adapter");
        Assert.Contains("matches no adapter", Command.Run("inspect", folder["*"]).ExitsWith(2).Error);
    }
}
