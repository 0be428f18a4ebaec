using System.Text.Json;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

public class RepairCommandTests
{
    private static readonly string Swift = Fixtures.Case("swift_llama").AdapterFolder;
    private static readonly string Ambiguous = Fixtures.Case("legacy_alpha_ambiguous").AdapterFolder;

    [Fact]
    public void Says_each_change_and_why()
    {
        using var folder = new TemporaryFolder();
        CommandResult result = Command.Run("repair", Swift, "--output", folder["out"]).ExitsWith(0);
        Assert.Equal(
            [$"{folder["out"]}: 4 modules (LoRA), rank 8, scale 2; "
                + "changed:", "  lora_parameters.dropout: (none) -> 0.0: readers need it; it matters in training only"],
            result.Output.Trim().Split('\n'));
        Assert.Contains("warning TF3503", result.Error);
        Assert.True(MlxLmLoader.Load(folder["out"], MlxBase.Fixture("llama")).LoadsAsIntended);
        Assert.Contains("nothing to repair", Command.Run("repair", folder["out"], "--output", folder["again"]).ExitsWith(0).Output);
    }

    [Fact]
    public void Asks_for_the_producer_and_takes_the_answer()
    {
        using var folder = new TemporaryFolder();
        CommandResult asked = Command.Run("repair", Ambiguous, "--output", folder["out"]).ExitsWith(1);
        Assert.Contains("error TF3502", asked.Error);
        Assert.Contains("--producer mlx-lm@VERSION", asked.Error);
        Assert.False(Directory.Exists(folder["out"]));
        Command.Run("repair", Ambiguous, "--output", folder["day"], "--producer", "2024-07-01").ExitsWith(0);
        Command.Run("repair", Ambiguous, "--output", folder["version"], "--producer", "mlx-lm@0.14.1").ExitsWith(0);
        Command.Run("repair", Ambiguous, "--output", folder["scale"], "--scale", "10").ExitsWith(0);
        Assert.Equal([10, 20, 10], new[] { "day", "version", "scale" }.Select(name => Scale(folder[name])));
    }

    [Fact]
    public void Dry_run_prints_the_diff_and_writes_nothing()
    {
        using var folder = new TemporaryFolder();
        CommandResult result = Command.Run("repair", Swift, "--dry-run").ExitsWith(0);
        Assert.Contains("--- a/adapter_config.json\n+++ b/adapter_config.json\n", result.Output);
        Assert.Contains("\n+    \"dropout\": 0.0", result.Output);
        Command.Run("repair", Swift, "--output", folder["out"], "--dry-run").ExitsWith(0);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void In_place_keeps_the_original()
    {
        using var folder = new TemporaryFolder();
        foreach (string file in Directory.GetFiles(Swift))
        {
            File.Copy(file, folder[Path.GetFileName(file)]);
        }

        Command.Run("repair", folder.Path, "--in-place").ExitsWith(0);
        Assert.Equal(
            ["adapter_config.json", "adapter_config.json.orig", "adapters.safetensors"],
            Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Contains("nothing to repair", Command.Run("repair", folder.Path, "--in-place").ExitsWith(0).Output);
        Assert.Equal(3, Directory.GetFiles(folder.Path).Length);
    }

    [Fact]
    public void Json_has_changes_and_diff()
    {
        CommandResult result = Command.Run("repair", Swift, "--dry-run", "--json").ExitsWith(0);
        using JsonDocument report = JsonDocument.Parse(result.Output);
        Assert.Equal("transfuse.repair/1", report.RootElement.GetProperty("schema").GetString());
        JsonElement input = report.RootElement.GetProperty("inputs")[0];
        Assert.Equal(JsonValueKind.Null, input.GetProperty("output").ValueKind);
        JsonElement change = input.GetProperty("changes")[0];
        Assert.Equal("lora_parameters.dropout", change.GetProperty("subject").GetString());
        Assert.Equal(JsonValueKind.Null, change.GetProperty("before").ValueKind);
        Assert.Equal("0.0", change.GetProperty("after").GetString());
        Assert.NotEmpty(change.GetProperty("reason").GetString()!);
        Assert.StartsWith("--- ", input.GetProperty("diff")[0].GetString());
        Assert.Equal(4, input.GetProperty("modules").GetArrayLength());
    }

    [Theory]
    [InlineData("repair", "IN")]
    [InlineData("repair", "IN", "--output", "OUT", "--in-place")]
    [InlineData("repair", "IN", "--output", "IN")]
    [InlineData("repair", "IN", "--output", "OUT", "--producer", "torch@2")]
    [InlineData("repair", "IN", "--output", "OUT", "--scale", "much")]
    [InlineData("repair", "IN", "--output", "OUT", "--scale", "NaN")]
    [InlineData("repair", "IN", "--output", "OUT", "--scale", "1e39")]
    [InlineData("repair", "IN", "--output", "OUT", "--scale", "1e-60")]
    [InlineData("repair", "IN", "--output", "OUT", "--dropout", "1.0")]
    [InlineData("repair", "IN", "--output", "OUT", "--allow", "TF3502")]
    public void Wrong_usage_is_exit_code_2(params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        Command.Run([.. arguments.Select(argument => argument switch { "IN" => Swift, "OUT" => folder["out"], _ => argument })]).ExitsWith(2);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Output_that_exists_is_refused_and_replaced_on_demand()
    {
        using var folder = new TemporaryFolder();
        Command.Run("repair", Swift, "--output", folder["out"]).ExitsWith(0);
        Assert.Contains("TF5016", Command.Run("repair", Swift, "--output", folder["out"]).ExitsWith(1).Error);
        Command.Run("repair", Swift, "--output", folder["out"], "--overwrite", "--durable").ExitsWith(0);
    }

    [Fact]
    public void Several_inputs_are_repaired_each_for_itself()
    {
        using var folder = new TemporaryFolder();
        CommandResult result = Command.Run("repair", Path.Combine(Fixtures.Root, "legacy_*", "mlx", "adapter*"), "--output", folder["out"]).ExitsWith(4);
        Assert.Contains("legacy_alpha_ambiguous", result.Error);
        Assert.Equal(
            ["legacy_checkpoints_only", "legacy_lora_layers", "legacy_npz", "legacy_switch_2d"],
            Directory.GetDirectories(folder["out"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Convert_and_verify_take_the_same_answers()
    {
        using var folder = new TemporaryFolder();
        Command.Run("convert", Ambiguous, "--to", "mlx-lm", "--output", folder["out"]).ExitsWith(1);
        Command.Run("convert", Ambiguous, "--to", "mlx-lm", "--output", folder["out"], "--producer", "mlx-lm@0.14.2", "--quiet").ExitsWith(0);
        Command.Run("verify", Ambiguous, folder["out"], "--producer", "mlx-lm@0.14.2", "--quiet").ExitsWith(0);
        Command.Run("verify", Ambiguous, folder["out"], "--scale", "10", "--quiet").ExitsWith(0);

        // The answer for one adapter does not hide what the other says.
        Command.Run("verify", Ambiguous, folder["out"], "--scale", "20", "--quiet").ExitsWith(5);
    }

    private static double Scale(string folder) =>
        OracleJson.Read(Path.Combine(folder, "adapter_config.json")).GetProperty("lora_parameters").GetProperty("scale").GetDouble();
}
