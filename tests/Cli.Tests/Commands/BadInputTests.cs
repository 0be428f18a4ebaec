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
    public void Tensor_of_unknown_meaning() => RefusesTensors("TF2005", "lora_C", copy => copy.Put("base_model.model.model.layers.0.self_attn.q_proj.lora_C.weight", DenseArray.Zeros(8, 64)));

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
        CommandResult result = Command.Run("convert", input, "--to", "mlx-lm", "--output", folder["out"], "--base", Fixtures.HfBaseFolder("llama")).ExitsWith(1);
        string[] errors = [.. result.Error.Split('\n').Where(line => line.StartsWith("error ", StringComparison.Ordinal))];
        Assert.StartsWith($"error {code} ", Assert.Single(errors));
        Assert.Contains(named, errors[0]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }
}
