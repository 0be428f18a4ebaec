using System.Text.Json.Nodes;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

/// <summary>
/// What plain converters get wrong, each done to a right conversion by the Oracle: <c>verify --logits</c> exits with 5 and names the first layer that parts.
/// </summary>
public class VerifyMistakesTests
{
    private const string Leaf = "self_attn.q_proj";
    private static readonly FixtureCase Llama = Fixtures.Case("llama_all_linear");
    private static readonly FixtureCase Mixtral = Fixtures.Case("mixtral_params");

    [Fact]
    public void No_transpose_is_told() => Parts(Llama, "layer 1", tensors => Each(tensors, name => IsIn(name, 1, Leaf), Untransposed));

    [Fact]
    public void Alpha_for_scale_is_told() => Parts(Llama, "layer 0", tensors => tensors, config => config["lora_parameters"]!["scale"] =
        config["lora_parameters"]!["scale"]!.GetValue<double>() * config["lora_parameters"]!["rank"]!.GetValue<int>());

    [Fact]
    public void Gate_and_up_swapped_is_told() => Parts(Llama, "layer 2", tensors => Renamed(tensors, name => !name.Contains("layers.2.", StringComparison.Ordinal) ? name
        : name.Contains("gate_proj", StringComparison.Ordinal) ? name.Replace("gate_proj", "up_proj", StringComparison.Ordinal)
        : name.Replace("up_proj", "gate_proj", StringComparison.Ordinal)));

    [Fact]
    public void One_layer_off_is_told() => Parts(Llama, "layer 0", tensors => Renamed(tensors, name =>
    {
        int layer = int.Parse(name.Split('.')[2]);
        return name.Replace($"layers.{layer}.", $"layers.{(layer + 1) % 3}.", StringComparison.Ordinal);
    }));

    [Fact]
    public void A_permuted_expert_is_told() => Parts(
        Mixtral, "layer 1", tensors => Each(tensors, name => IsIn(name, 1, "block_sparse_moe.switch_mlp.down_proj"), FirstTwoSwapped));

    private static void Parts(
        FixtureCase recorded, string layer, Func<IEnumerable<OracleTensor>, IEnumerable<OracleTensor>> mistake, Action<JsonNode>? inConfig = null)
    {
        using var folder = new TemporaryFolder();
        Command.Run("convert", recorded.AdapterFolder, "--to", "mlx-lm", "--base", recorded.BaseFolder, "--output", folder["mlx"]).ExitsWith(0);
        string weights = Path.Combine(folder["mlx"], "adapters.safetensors"), config = Path.Combine(folder["mlx"], "adapter_config.json");
        OracleTensor[] right = [.. OracleSafetensors.Read(weights).Values], wrong = [.. mistake(right)];
        OracleSafetensors.Write(weights, wrong);
        if (inConfig is not null)
        {
            var json = JsonNode.Parse(File.ReadAllText(config))!;
            inConfig(json);
            File.WriteAllText(config, json.ToJsonString());
        }

        CommandResult result = Command.Run("verify", recorded.AdapterFolder, folder["mlx"], "--base", recorded.BaseFolder, "--logits").ExitsWith(5);

        Assert.Contains("the adapters give different logits", result.Error);
        Assert.Contains($"they part at {layer}:", result.Error);
    }

    private static bool IsIn(string name, int layer, string module) => name.Contains($"layers.{layer}.{module}.", StringComparison.Ordinal);

    private static IEnumerable<OracleTensor> Each(IEnumerable<OracleTensor> tensors, Func<string, bool> which, Func<OracleTensor, OracleTensor> change)
    {
        OracleTensor[] all = [.. tensors];
        Assert.Contains(all, tensor => which(tensor.Name));
        return all.Select(tensor => which(tensor.Name) ? change(tensor) : tensor);
    }

    private static IEnumerable<OracleTensor> Renamed(IEnumerable<OracleTensor> tensors, Func<string, string> name) =>
        tensors.Select(tensor => tensor with { Name = name(tensor.Name) });

    // PEFT's bytes under MLX's shape.
    private static OracleTensor Untransposed(OracleTensor tensor)
    {
        (long rows, long columns) = (tensor.Shape[0], tensor.Shape[1]);
        double[] values = new double[rows * columns];
        for (long i = 0; i < rows; i++)
        {
            for (long j = 0; j < columns; j++)
            {
                values[(j * rows) + i] = tensor.Values[(i * columns) + j];
            }
        }

        return OracleTensor.F32(tensor.Name, new DenseArray(tensor.Shape, values));
    }

    private static OracleTensor FirstTwoSwapped(OracleTensor tensor)
    {
        int each = tensor.Values.Length / (int)tensor.Shape[0];
        double[] values = [.. tensor.Values[each..(2 * each)], .. tensor.Values[..each], .. tensor.Values[(2 * each)..]];
        return OracleTensor.F32(tensor.Name, new DenseArray(tensor.Shape, values));
    }
}
