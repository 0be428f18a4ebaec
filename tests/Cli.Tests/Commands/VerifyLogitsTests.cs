using System.Text.Json;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

/// <summary><c>verify --logits</c>: the proof on a running model.</summary>
public class VerifyLogitsTests
{
    private static readonly FixtureCase Llama = Fixtures.Case("llama_all_linear");

    [Fact]
    public void A_conversion_gives_the_same_logits_and_they_are_those_that_were_recorded()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["ids.json"], JsonSerializer.Serialize(Llama.InputIds));
        Command.Run("convert", Llama.AdapterFolder, "--to", "mlx-lm", "--base", Llama.BaseFolder, "--output", folder["mlx"]).ExitsWith(0);

        CommandResult result = Command.Run(
            "verify", Llama.AdapterFolder, folder["mlx"], "--base", Llama.BaseFolder, "--logits", "--ids", folder["ids.json"], "--save",
            folder["logits.safetensors"]).ExitsWith(0);

        Assert.Contains("the adapters give the same logits", result.Output);
        IReadOnlyDictionary<string, OracleTensor> saved = OracleSafetensors.Read(folder["logits.safetensors"]);
        Assert.Equal(["input_ids", "logits_a", "logits_b", "logits_base"], saved.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Llama.Expected["input_ids"].Values, saved["input_ids"].Values);
        Assert.Equal(0, Llama.Expected["logits_adapter"].Values.Zip(saved["logits_b"].Values, (expected, actual) => expected - actual).Max(Math.Abs), 1e-4);
        Assert.Equal(0, Llama.Expected["logits_base"].Values.Zip(saved["logits_base"].Values, (expected, actual) => expected - actual).Max(Math.Abs), 1e-4);
    }

    [Fact]
    public void Another_adapter_exits_with_5_and_names_where_they_part()
    {
        CommandResult result = Command.Run(
            "verify", Fixtures.Case("llama_qv").AdapterFolder, Llama.AdapterFolder, "--base", Llama.BaseFolder, "--logits", "--tokens", "4",
            "--json").ExitsWith(5);

        using JsonDocument report = JsonDocument.Parse(result.Output);
        JsonElement logits = report.RootElement.GetProperty("inputs")[0].GetProperty("logits");
        Assert.Equal("layer 0", logits.GetProperty("parts_at").GetString());
        Assert.Equal(4, logits.GetProperty("positions").GetInt32());
        Assert.Equal(5, logits.GetProperty("layers").GetArrayLength());
    }

    [Fact]
    public void Logits_are_not_saved_over_a_file_and_the_wrong_place_shows_before_the_work()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["mine"], "mine");
        CommandResult Save(string place) => Command.Run("verify", Llama.AdapterFolder, "--base", Llama.BaseFolder, "--logits", "--save", place);

        CommandResult taken = Save(folder["mine"]).ExitsWith(2), absent = Save(folder["absent/logits.safetensors"]).ExitsWith(3);

        Assert.Contains("is there; it is not replaced", taken.Error);
        Assert.DoesNotContain("layer", taken.Error + absent.Error);
        Assert.Equal("mine", File.ReadAllText(folder["mine"]));
        Assert.Equal([folder["mine"]], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void What_is_no_factor_is_refused_by_name() => Assert.Contains(
        "TF6102", Command.Run("verify", Fixtures.Case("ia3").AdapterFolder, "--base", Llama.BaseFolder, "--logits").ExitsWith(1).Error);

    [Theory]
    [InlineData("[[1, 2], [3]]")]
    [InlineData("[[1, 2.5]]")]
    [InlineData("[[1, 112]]")]
    [InlineData("[]")]
    [InlineData("{}")]
    public void Ids_that_are_none_are_refused(string ids)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["ids.json"], ids);

        Assert.Contains(
            "TF6104", Command.Run("verify", Llama.AdapterFolder, "--base", Llama.BaseFolder, "--logits", "--ids", folder["ids.json"]).ExitsWith(1).Error);
    }

    [Fact]
    public void One_adapter_without_logits_is_wrong_usage() => Command.Run("verify", Llama.AdapterFolder).ExitsWith(2);

    [Fact]
    public void A_conversion_proves_its_logits_before_it_is_put_in_place()
    {
        using var folder = new TemporaryFolder();

        CommandResult result = Command.Run(
            "convert", Llama.AdapterFolder, "--to", "mlx-lm", "--base", Llama.BaseFolder, "--output", folder["mlx"], "--verify=logits", "--json").ExitsWith(0);

        using JsonDocument report = JsonDocument.Parse(result.Output);
        JsonElement logits = report.RootElement.GetProperty("inputs")[0].GetProperty("logits");
        Assert.Equal(0, logits.GetProperty("largest_error").GetDouble());
        Assert.Equal(32, logits.GetProperty("positions").GetInt32());
        Assert.True(File.Exists(Path.Combine(folder["mlx"], "adapters.safetensors")));
    }

    [Fact]
    public void A_conversion_whose_logits_cannot_be_proved_writes_nothing()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["base"]);
        File.Copy(Path.Combine(Llama.BaseFolder, "config.json"), Path.Combine(folder["base"], "config.json"));

        CommandResult result = Command.Run(
            "convert", Llama.AdapterFolder, "--to", "mlx-lm", "--base", folder["base"], "--output", folder["mlx"], "--verify=logits").ExitsWith(1);

        Assert.Contains("TF6101", result.Error);
        Assert.False(Path.Exists(folder["mlx"]));
        Command.Run("convert", Llama.AdapterFolder, "--to", "mlx-lm", "--model-type", "llama", "--output", folder["mlx"], "--verify=logits").ExitsWith(2);
        Command.Run("convert", "--verify", Llama.AdapterFolder, "--to", "mlx-lm", "--base", folder["base"], "--output", folder["mlx"]).ExitsWith(0);
    }
}
