using System.Text.Json;
using System.Text.Json.Nodes;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

/// <summary>One in twenty of many inputs is damaged, each in its own way.</summary>
public sealed class BatchDamageTests : IDisposable
{
    private const int Adapters = 200;
    private const string Query = "base_model.model.model.layers.0.self_attn.q_proj";

    private static readonly (string Code, Action<string> Damage)[] Damages =
    [
        ("TF1001", folder => File.Delete(Config(folder))),
        ("TF1401", folder => File.WriteAllText(Config(folder), "{")),
        ("TF1101", folder => Truncate(Weights(folder), 100)),
        ("TF1101", folder => File.WriteAllText(Weights(folder), "version https://git-lfs.github.com/spec/v1")),
        ("TF1101", folder => File.WriteAllBytes(Weights(folder), [])),
        ("TF2001", folder => Change(folder, tensors => tensors.Remove($"{Query}.lora_B.weight"))),
        ("TF2009", folder => Change(folder, tensors => Put(tensors, $"{Query}.lora_A.weight", value: float.NaN))),
        ("TF2002", folder => Change(folder, tensors => Put(tensors, $"{Query}.lora_B.weight", rank: 3))),
        ("TF2005", folder => Change(folder, tensors => Put(tensors, $"{Query}.lora_C.weight"))),
        ("TF2405", folder => Set(folder, "peft_type", "\"PROMPT_TUNING\"")),
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Exactly_the_damaged_are_refused_each_with_its_own_finding_and_the_rest_is_converted()
    {
        AdapterRuns.Fill(_folder["runs"], Adapters, "d3");
        var wanted = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < Damages.Length; i++)
        {
            string name = $"{(i * 20) + 7:d3}";
            Damages[i].Damage(_folder[$"runs/{name}"]);
            wanted[name] = Damages[i].Code;
        }

        CommandResult run = Command.Run(Convert("out")).ExitsWith(4);
        JsonElement[] inputs = [.. JsonDocument.Parse(File.ReadAllText(_folder["report.json"])).RootElement.GetProperty("inputs").EnumerateArray()];
        Assert.Equal(Adapters, inputs.Length);
        var refused = inputs.Where(input => !input.GetProperty("succeeded").GetBoolean())
            .ToDictionary(input => Path.GetFileName(input.GetProperty("input").GetString()!), ErrorsOf, StringComparer.Ordinal);
        Assert.Equal(Listed(wanted), Listed(refused));
        string[] messages = [.. inputs.SelectMany(input => input.GetProperty("findings").EnumerateArray()).Where(IsError)
            .Select(finding => finding.GetProperty("message").GetString()!).Distinct()];
        Assert.Equal(Damages.Length, messages.Length);
        Assert.Matches($"(?m)^converted +{Adapters - Damages.Length}$", run.Output);
        Assert.Matches($"(?m)^refused +{Damages.Length}$", run.Output);

        // One that was converted is as one that is converted alone, and nothing is there of those that were refused.
        Command.Run("convert", _folder["runs/000"], "--to", "mlx-lm", "--output", _folder["alone"]).ExitsWith(0);
        string[] alone = AdapterRuns.Contents(_folder["alone"]);
        string[] names = [.. Directory.GetFileSystemEntries(_folder["out"]).Except(AdapterRuns.Journals(_folder["out"])).Select(Path.GetFileName).Order()!];
        Assert.Equal(Enumerable.Range(0, Adapters).Select(i => $"{i:d3}").Where(name => !wanted.ContainsKey(name)), names);
        Assert.All(names, name => Assert.Equal(alone, AdapterRuns.Contents(_folder[$"out/{name}"])));

        // What is mended is done at the second run, the rest is tried and refused again.
        Directory.Delete(_folder["runs/007"], recursive: true);
        AdapterRuns.Fill(_folder["spare"], 1);
        Directory.Move(_folder["spare/00"], _folder["runs/007"]);
        CommandResult again = Command.Run(Convert("out")).ExitsWith(4);
        Assert.Matches("(?m)^converted +1$", again.Output);
        Assert.Matches($"(?m)^skipped +{Adapters - Damages.Length} ", again.Output);
        Assert.Matches($"(?m)^refused +{Damages.Length - 1}$", again.Output);
    }

    private string[] Convert(string output) =>
        ["convert", _folder["runs/*"], "--to", "mlx-lm", "--output", _folder[output], "--report", _folder["report.json"]];

    private static string ErrorsOf(JsonElement input) => string.Join(
        ' ',
        input.GetProperty("findings").EnumerateArray().Where(IsError).Select(finding => finding.GetProperty("code").GetString()).Distinct());

    private static string Listed(Dictionary<string, string> codes) => string.Join(", ", codes.Select(item => $"{item.Key} {item.Value}"));

    private static bool IsError(JsonElement finding) => finding.GetProperty("severity").GetString() == "error";

    private static string Config(string folder) => Path.Combine(folder, "adapter_config.json");

    private static string Weights(string folder) => Path.Combine(folder, "adapter_model.safetensors");

    private static void Truncate(string path, int bytes)
    {
        using FileStream file = File.OpenWrite(path);
        file.SetLength(file.Length - bytes);
    }

    private static void Set(string folder, string field, string json)
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(Config(folder)))!.AsObject();
        config[field] = JsonNode.Parse(json);
        File.WriteAllText(Config(folder), config.ToJsonString());
    }

    private static void Change(string folder, Action<Dictionary<string, OracleTensor>> change)
    {
        var tensors = OracleSafetensors.Read(Weights(folder)).ToDictionary(tensor => tensor.Key, tensor => tensor.Value, StringComparer.Ordinal);
        change(tensors);
        OracleSafetensors.Write(Weights(folder), tensors.Values);
    }

    // A factor of another rank, of one value, or of a name that no loader knows.
    private static void Put(Dictionary<string, OracleTensor> tensors, string name, float? value = null, int? rank = null)
    {
        long[] shape = [.. tensors.TryGetValue(name, out OracleTensor? there) ? there.Shape : [4L, 64]];
        shape[^1] = rank ?? shape[^1];
        double[] values = [.. Enumerable.Repeat((double)(value ?? 0.5f), (int)(shape[0] * shape[1]))];
        tensors[name] = OracleTensor.F32(name, new DenseArray(shape, values));
    }
}
