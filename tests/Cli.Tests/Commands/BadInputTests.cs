using System.Text.Json;
using System.Text.RegularExpressions;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

/// <summary>Bad input gives one clear error and exit code 1, and leaves nothing behind.</summary>
public class BadInputTests
{
    private const string Config = "adapter_config.json";
    private const string Weights = "adapter_model.safetensors";
    private const string QueryA = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";

    [Fact]
    public void Missing_config() => Refuses("TF1001", Config, folder => File.Delete(Path.Combine(folder, Config)));

    [Fact]
    public void Missing_weights() => Refuses("TF1002", Weights, folder => File.Delete(Path.Combine(folder, Weights)));

    [Fact]
    public void Empty_folder() => Refuses("TF1003", "neither", folder =>
    {
        File.Delete(Path.Combine(folder, Config));
        File.Delete(Path.Combine(folder, Weights));
    });

    [Fact]
    public void Truncated_weights() => Refuses("TF1101", Weights, folder =>
    {
        using FileStream file = File.OpenWrite(Path.Combine(folder, Weights));
        file.SetLength(file.Length - 100);
    });

    [Fact]
    public void Header_of_two_to_the_63() => Refuses("TF1101", "9223372036854775808", folder =>
    {
        using FileStream file = File.OpenWrite(Path.Combine(folder, Weights));
        file.Write(BitConverter.GetBytes(1UL << 63));
    });

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"r\": 8,")]
    [InlineData("{\"r\": 8, \"r\": 9}")]
    [InlineData("")]
    public void Config_that_is_no_json_object(string text) => Refuses("TF1401", Config, folder => File.WriteAllText(Path.Combine(folder, Config), text));

    [Theory]
    [InlineData("lora_alpha", "NaN", "TF3002")]
    [InlineData("lora_alpha", "\"16\"", "TF3001")]
    [InlineData("r", "-8", "TF3106")]
    [InlineData("rank_pattern", "{\"(a+\": 4}", "TF3201")]
    public void Config_field_that_cannot_be_used(string field, string value, string code) => Refuses(code, field == "rank_pattern" ? "(a+" : field, folder =>
    {
        string path = Path.Combine(folder, Config);
        File.WriteAllText(path, Regex.Replace(File.ReadAllText(path), $"\"{field}\":\\s*[^,]+", $"\"{field}\": {value}"));
    });

    [Fact]
    public void Half_a_pair() => RefusesTensors("TF2001", "model.layers.0.self_attn.q_proj", copy => copy.Tensors.Remove(QueryA));

    [Fact]
    public void Ranks_that_disagree() => RefusesTensors("TF2002", "model.layers.0.self_attn.q_proj", copy => copy.Put(QueryA, DenseArray.Zeros(4, 64)));

    [Fact]
    public void Factor_of_five_dimensions() => RefusesTensors("TF2003", "model.layers.0.self_attn.q_proj", copy => copy.Put(QueryA, DenseArray.Zeros(8)));

    [Fact]
    public void Path_without_a_module() => RefusesTensors("TF2006", "is not the path of a module", copy =>
    {
        copy.Put("lora_A.weight", DenseArray.Zeros(8, 64));
        copy.Put("lora_B.weight", DenseArray.Zeros(64, 8));
    });

    [Fact]
    public void Tensor_of_unknown_meaning() =>
        RefusesTensors("TF2005", "lora_C", copy => copy.Put("base_model.model.model.layers.0.self_attn.q_proj.lora_C.weight", DenseArray.Zeros(8, 64)));

    [Fact]
    public void Base_whose_config_is_no_json()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["base"]);
        File.WriteAllText(Path.Combine(folder["base"], "config.json"), "{");
        CommandResult result = Command.Run(
            "convert", Fixtures.Case("llama_qv").AdapterFolder, "--to", "mlx-lm", "--base", folder["base"], "--output", folder["out"], "--json")
            .ExitsWith(1);
        using JsonDocument report = JsonDocument.Parse(result.Output);
        Assert.Equal("TF1401", report.RootElement.GetProperty("inputs")[0].GetProperty("findings")[0].GetProperty("code").GetString());
        Assert.Contains("error TF1401", result.Error);
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Theory]
    [InlineData("convert")]
    [InlineData("repair")]
    [InlineData("verify")]
    public void Damage_that_shows_only_when_values_are_read(string verb)
    {
        using var folder = new TemporaryFolder();
        FixtureCase fixture = Fixtures.Case("legacy_npz");
        Directory.CreateDirectory(folder["in"]);
        foreach (string file in Directory.GetFiles(fixture.AdapterFolder))
        {
            File.Copy(file, Path.Combine(folder["in"], Path.GetFileName(file)));
        }

        string archive = Path.Combine(folder["in"], "adapters.npz");
        byte[] bytes = File.ReadAllBytes(archive);
        bytes[1000] ^= 0x40;
        File.WriteAllBytes(archive, bytes);

        string[] arguments = verb switch
        {
            "convert" => ["convert", folder["in"], "--to", "peft", "--base", Fixtures.HfBaseFolder("llama"), "--output", folder["out"]],
            "repair" => ["repair", folder["in"], "--output", folder["out"]],
            _ => ["verify", folder["in"], fixture.AdapterFolder],
        };
        CommandResult result = Command.Run(arguments).ExitsWith(1);
        Assert.Contains("error TF1301", result.Error);
        Assert.Contains("adapters.npz", result.Error);
        Assert.Equal([folder["in"]], Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Missing_input_does_not_end_the_others()
    {
        using var folder = new TemporaryFolder();
        CommandResult result = Command.Run("inspect", folder["nowhere"], Fixtures.Case("llama_qv").AdapterFolder, "--json").ExitsWith(4);
        using JsonDocument report = JsonDocument.Parse(result.Output);
        Assert.Equal([false, true], report.RootElement.GetProperty("inputs").EnumerateArray().Select(input => input.GetProperty("succeeded").GetBoolean()));
        Assert.Contains(folder["nowhere"], result.Error);
    }

    [Theory]
    [InlineData("check", "--for", "vllm", "--max-lora-rank", "x")]
    [InlineData("convert", "--to", "peft", "--output", "unused", "--expert-layout", "7")]
    [InlineData("convert", "--to", "peft", "--output", "unused", "--expert-orientation", "0")]
    [InlineData("convert", "--to", "peft", "--output", "unused", "--transformers", "4", "--expert-layout", "parameters")]
    [InlineData("convert", "--to", "peft", "--output", "unused", "--jobs", "0")]
    public void Option_that_makes_no_sense(string verb, params string[] options) =>
        Command.Run([verb, Fixtures.Case("llama_qv").AdapterFolder, .. options]).ExitsWith(2);

    private static void Refuses(string code, string named, Action<string> damage)
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        string input = copy.Save();
        damage(input);
        Check(input, code, named);
    }

    private static void RefusesTensors(string code, string named, Action<AdapterCopy> damage)
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        damage(copy);
        Check(copy.Save(), code, named);
    }

    private static void Check(string input, string code, string named)
    {
        using var folder = new TemporaryFolder();
        CommandResult result = Command.Run("convert", input, "--to", "mlx-lm", "--output", folder["out"], "--base", Fixtures.HfBaseFolder("llama"))
            .ExitsWith(1);
        string[] errors = [.. result.Error.Split('\n').Where(line => line.StartsWith("error ", StringComparison.Ordinal))];
        Assert.StartsWith($"error {code} ", Assert.Single(errors));
        Assert.Contains(named, errors[0]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }
}
