using System.Text.Json;
using Transfuse.Apply.Fusing;
using Transfuse.Cli.Output;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

public class FuseCommandTests
{
    private static readonly string Base = Fixtures.HfBaseFolder("llama");
    private static readonly string Adapter = Fixtures.Case("llama_qv").AdapterFolder;

    [Fact]
    public void Writes_a_model_and_says_what_changed()
    {
        using var folder = new TemporaryFolder();

        CommandResult result = Command.Run("fuse", "--base", Base, "--adapter", Adapter, "--output", folder["out"]).ExitsWith(0);

        Assert.Equal(
            $"{folder["out"]}: 6 weights changed, 24 tensors kept; 0.19 % of the change is lost to rounding\n", result.Output.ReplaceLineEndings("\n"));
        Assert.Empty(result.Error);
        Assert.Equal(30, OracleSafetensors.Read(Path.Combine(folder["out"], "model.safetensors")).Count);
    }

    [Fact]
    public void Dry_run_lists_the_weights()
    {
        using var folder = new TemporaryFolder();

        CommandResult result = Command.Run("fuse", "--base", Base, "--adapter", Adapter, "--output", folder["out"], "--dry-run").ExitsWith(0);

        string[] lines = result.Output.ReplaceLineEndings("\n").TrimEnd().Split('\n');
        Assert.Equal(7, lines.Length);
        Assert.Equal("model.layers.0.self_attn.q_proj.weight  BF16  rank 8 x 2", lines[0]);
        Assert.Equal($"{folder["out"]}: 6 weights would change, 24 tensors kept", lines[^1]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Report_has_every_weight_with_what_it_lost()
    {
        using var folder = new TemporaryFolder();

        CommandResult result = Command.Run(
            "fuse", "--base", Fixtures.MlxBaseFolder("llama-q4"), "--adapter", Fixtures.Case("mlx_llama_q4").AdapterFolder, "--output", folder["out"],
            "--json").ExitsWith(0);

        using JsonDocument report = JsonDocument.Parse(result.Output);
        Assert.Equal("transfuse.fuse/1", report.RootElement.GetProperty("schema").GetString());
        JsonElement input = report.RootElement.GetProperty("inputs")[0];
        Assert.Equal(13, input.GetProperty("kept").GetInt32());
        Assert.InRange(input.GetProperty("loss").GetDouble(), 0.08, 0.085);
        JsonElement[] weights = [.. input.GetProperty("weights").EnumerateArray()];
        Assert.Equal(21, weights.Length);
        Assert.All(weights, weight => Assert.Equal("4 bits in groups of 32", weight.GetProperty("form").GetString()));
        Assert.All(weights, weight => Assert.InRange(weight.GetProperty("loss").GetDouble(), 0.07, 0.09));
        Assert.Contains("warning TF6008", result.Error);
    }

    [Fact]
    public void Exits_with_1_where_it_refuses_and_leaves_nothing()
    {
        using var folder = new TemporaryFolder();

        CommandResult result = Command.Run("fuse", "--base", Fixtures.HfBaseFolder("gpt2"), "--adapter", Adapter, "--output", folder["out"]).ExitsWith(1);

        Assert.Contains("not merged", result.Error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData("--keep-precision", "1.5", "--keep-precision must be between 0 and 1, not '1.5'.")]
    [InlineData("--scale", "nan", "--scale must be a number within the range of float32, not 'nan'.")]
    [InlineData("--keep-precision", "0.5", "--dequantize leaves nothing quantized", "--dequantize")]
    public void Exits_with_2_on_options_that_make_no_sense(string option, string value, string message, params string[] more)
    {
        CommandResult result = Command.Run(["fuse", "--base", Base, "--adapter", Adapter, "--output", "nowhere", option, value, .. more]).ExitsWith(2);

        Assert.Contains(message, result.Error);
    }

    [Fact]
    public void Exits_with_3_where_a_folder_is_not_there()
    {
        using var folder = new TemporaryFolder();

        Command.Run("fuse", "--base", folder["none"], "--adapter", Adapter, "--output", folder["out"]).ExitsWith(3);
        Command.Run("fuse", "--base", Base, "--adapter", folder["none"], "--output", folder["out"]).ExitsWith(3);
    }

    [Fact]
    public void Progress_says_how_far_and_how_long() => Assert.Equal(
        "25 %  0.50 of 2.00 GB, 6 s left", ProgressLine.Describe(new FusionProgress(500_000_000, 2_000_000_000), TimeSpan.FromSeconds(2)));
}
