using System.Text.Json;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

public class ConvertCommandTests
{
    private static readonly string Llama = Fixtures.Case("llama_qv").AdapterFolder;

    [Fact]
    public void Writes_the_folder_and_says_what_it_holds()
    {
        using var folder = new TemporaryFolder();
        CommandResult result = Command.Run("convert", Llama, "--to", "mlx-lm", "--base", Fixtures.HfBaseFolder("llama"), "--output", folder["out"])
            .ExitsWith(0);

        Assert.Equal($"{folder["out"]}: 6 modules (LoRA), rank 8, scale 2, for mlx-lm", result.Output.Trim());
        Assert.Equal(string.Empty, result.Error);
        Assert.Equal(["adapter_config.json", "adapters.safetensors"], Directory.EnumerateFileSystemEntries(folder["out"]).Select(Path.GetFileName).Order());
        Assert.Equal([folder["out"]], Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData("llama_dora", "mlx-lm")]
    [InlineData("mixtral_params_ranks", "mlx-lm")]
    [InlineData("mlx_qwen3_moe_switch", "peft")]
    public void Verify_reads_the_output_back_before_it_is_put_in_place(string name, string target)
    {
        using var folder = new TemporaryFolder();
        FixtureCase fixture = Fixtures.Case(name);
        Command.Run(
            "convert", fixture.AdapterFolder, "--to", target, "--base", Fixtures.HfBaseFolder(fixture.Architecture), "--output", folder["out"], "--verify",
            "--quiet")
            .ExitsWith(0);
        Assert.True(Directory.Exists(folder["out"]));
    }

    [Fact]
    public void Verify_shows_the_norms_that_the_verb_of_that_name_shows()
    {
        using var folder = new TemporaryFolder();
        string converted = Command.Run("convert", Llama, "--to", "mlx-lm", "--output", folder["out"], "--verify", "--verbose").ExitsWith(0).Output;
        string compared = Command.Run("verify", Llama, folder["out"], "--verbose").ExitsWith(0).Output;
        string[] Modules(string text) => [.. text.Split('\n').Where(line => line.StartsWith("same ", StringComparison.Ordinal))];
        Assert.Equal(6, Modules(converted).Length);
        Assert.Equal(Modules(compared), Modules(converted));
        Assert.DoesNotContain("NaN", converted, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_counts_the_rounding_of_a_cast_as_rounding()
    {
        using var folder = new TemporaryFolder();
        Command.Run("convert", Llama, "--to", "mlx-lm", "--output", folder["out"], "--dtype", "bf16", "--verify").ExitsWith(0);
        Command.Run("verify", Llama, folder["out"], "--quiet").ExitsWith(5);
    }

    [Fact]
    public void Dtype_keep_is_the_default_by_its_name()
    {
        using var folder = new TemporaryFolder();
        Command.Run("convert", Llama, "--to", "mlx-lm", "--output", folder["kept"], "--dtype", "keep").ExitsWith(0);
        Command.Run("convert", Llama, "--to", "mlx-lm", "--output", folder["default"]).ExitsWith(0);
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(folder["default"], "adapters.safetensors")),
            File.ReadAllBytes(Path.Combine(folder["kept"], "adapters.safetensors")));
    }

    [Theory]
    [InlineData("--scale", "3")]
    [InlineData("--dropout", "0.5")]
    [InlineData("--producer", "mlx-lm@0.14.1")]
    public void Answers_for_MLX_configs_are_not_ignored_for_PEFT(string option, string value)
    {
        using var folder = new TemporaryFolder();
        CommandResult result = Command.Run("convert", Llama, "--to", "mlx-lm", "--output", folder["out"], option, value).ExitsWith(1);
        Assert.Contains("error TF3128", result.Error);
        Assert.Contains(option, result.Error);
    }

    [Fact]
    public void Base_may_be_named_by_its_config()
    {
        using var folder = new TemporaryFolder();
        string config = Path.Combine(Fixtures.HfBaseFolder("llama"), "config.json");
        Command.Run("convert", Llama, "--to", "mlx-lm", "--base", Path.GetRelativePath(".", config), "--output", folder["out"]).ExitsWith(0);
    }

    [Fact]
    public void Dry_run_writes_nothing()
    {
        using var folder = new TemporaryFolder();
        Command.Run("convert", Llama, "--to", "mlx-lm", "--output", folder["out"], "--dry-run").ExitsWith(0);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Json_report_starts_with_its_schema_and_goes_to_standard_output_alone()
    {
        using var folder = new TemporaryFolder();
        CommandResult result = Command.Run("convert", Llama, "--to", "mlx-lm", "--output", folder["out"], "--json").ExitsWith(0);

        using JsonDocument report = JsonDocument.Parse(result.Output);
        Assert.Equal("schema", report.RootElement.EnumerateObject().First().Name);
        Assert.Equal("transfuse.convert/1", report.RootElement.GetProperty("schema").GetString());
        JsonElement input = report.RootElement.GetProperty("inputs")[0];
        Assert.True(input.GetProperty("succeeded").GetBoolean());
        Assert.Equal(6, input.GetProperty("modules").GetArrayLength());
        Assert.Equal("TF4021", input.GetProperty("findings")[0].GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("convert")]
    [InlineData("convert", "x", "--output", "y")]
    [InlineData("convert", "x", "--to", "onnx", "--output", "y")]
    [InlineData("convert", "x", "--to", "vllm", "--output", "y")]
    [InlineData("convert", "x", "--to", "peft,mlx-lm", "--output", "y")]
    [InlineData("convert", "x", "--to", "peft", "--output", "y", "--dtype", "int8")]
    [InlineData("convert", "x", "--to", "peft", "--output", "y", "--allow", "TF1101")]
    [InlineData("convert", "x", "--to", "peft", "--output", "y", "--jobs", "0")]
    [InlineData("convert", "no/such/*.json", "--to", "peft", "--output", "y")]
    [InlineData("unknown")]
    public void Wrong_usage_exits_with_2(params string[] arguments)
    {
        CommandResult result = Command.Run(arguments).ExitsWith(2);
        Assert.StartsWith("error: ", result.Error);
    }

    [Fact]
    public void Missing_input_exits_with_3()
    {
        using var folder = new TemporaryFolder();
        CommandResult result = Command.Run("convert", folder["nothing"], "--to", "mlx-lm", "--output", folder["out"]).ExitsWith(3);
        Assert.Contains("does not exist", result.Error);
    }

    [Fact]
    public void Place_that_cannot_be_written_exits_with_3_and_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["file"], "in the way");
        CommandResult result = Command.Run("convert", Llama, "--to", "mlx-lm", "--output", Path.Combine(folder["file"], "out")).ExitsWith(3);
        Assert.Contains("error: ", result.Error);
        Assert.Equal([folder["file"]], Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Existing_output_is_kept_without_overwrite_and_replaced_with_it()
    {
        using var folder = new TemporaryFolder();
        Command.Run("convert", Llama, "--to", "mlx-lm", "--output", folder["out"]).ExitsWith(0);
        DateTime before = File.GetLastWriteTimeUtc(Path.Combine(folder["out"], "adapters.safetensors"));

        CommandResult refused = Command.Run("convert", Llama, "--to", "mlx-lm", "--output", folder["out"]).ExitsWith(1);
        Assert.Contains("TF5016", refused.Error);
        Assert.Equal(before, File.GetLastWriteTimeUtc(Path.Combine(folder["out"], "adapters.safetensors")));

        Command.Run("convert", Llama, "--to", "mlx-lm", "--output", folder["out"], "--overwrite").ExitsWith(0);
        Assert.NotEqual(before, File.GetLastWriteTimeUtc(Path.Combine(folder["out"], "adapters.safetensors")));
    }

    [Fact]
    public void Overwrite_never_replaces_a_folder_that_is_no_adapter()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["documents"]);
        File.WriteAllText(Path.Combine(folder["documents"], "letter.txt"), "precious");
        CommandResult refused = Command.Run("convert", Llama, "--to", "mlx-lm", "--output", folder["documents"], "--overwrite").ExitsWith(1);
        Assert.Contains("TF5016", refused.Error);
        Assert.Equal("precious", File.ReadAllText(Path.Combine(folder["documents"], "letter.txt")));
    }

    [Fact]
    public void Output_may_be_the_input()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        string input = copy.Save();
        Command.Run("convert", input, "--to", "mlx-lm", "--output", input, "--overwrite").ExitsWith(0);
        Assert.True(File.Exists(Path.Combine(input, "adapters.safetensors")));
        Assert.False(File.Exists(Path.Combine(input, "adapter_model.safetensors")));
    }

    [Fact]
    public void Several_inputs_keep_their_names_and_one_failure_exits_with_4()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["runs/a"]);
        Directory.CreateDirectory(folder["runs/deep/b"]);
        Directory.CreateDirectory(folder["runs/broken"]);
        foreach (string file in Directory.EnumerateFiles(Llama))
        {
            File.Copy(file, Path.Combine(folder["runs/a"], Path.GetFileName(file)));
            File.Copy(file, Path.Combine(folder["runs/deep/b"], Path.GetFileName(file)));
        }

        File.WriteAllText(Path.Combine(folder["runs/broken"], "adapter_config.json"), "{");
        CommandResult result = Command.Run("convert", Path.Combine(folder["runs"], "**/adapter_config.json"), "--to", "mlx-lm", "--output", folder["out"])
            .ExitsWith(4);

        Assert.True(File.Exists(Path.Combine(folder["out"], "a", "adapters.safetensors")));
        Assert.True(File.Exists(Path.Combine(folder["out"], "deep", "b", "adapters.safetensors")));
        Assert.False(Directory.Exists(Path.Combine(folder["out"], "broken")));
        Assert.Contains("error TF1", result.Error);
    }
}
