using System.Text.RegularExpressions;

namespace Transfuse.Oracle;

/// <summary>From the names of checkpoint files to those of transformers 5's live modules.</summary>
public static class HfRuntimeLayout
{
    private static readonly Regex PerExpert = new(@"^(.*)\.experts\.(\d+)\.(gate_proj|up_proj|down_proj|w1|w2|w3)\.weight$");
    private static readonly Regex Layer = new(@"(?:^|\.)(?:layers|h|blocks)\.(\d+)(?:\.|$)");

    /// <summary>Packs the experts of Mixtral, Qwen-MoE and DeepSeek (gate first, up second, along the out axis) and renames Mixtral's block.</summary>
    public static IReadOnlyDictionary<string, DenseArray> FromCheckpoint(string modelType, IReadOnlyDictionary<string, DenseArray> checkpoint)
    {
        Dictionary<string, DenseArray> runtime = new(StringComparer.Ordinal);
        Dictionary<string, SortedDictionary<int, DenseArray>> experts = new(StringComparer.Ordinal);
        foreach ((string name, DenseArray weight) in checkpoint)
        {
            Match match = PerExpert.Match(name);
            if (!match.Success)
            {
                runtime[Rename(modelType, name)] = weight;
                continue;
            }

            string key = Rename(modelType, match.Groups[1].Value) + ".experts/" + Role(match.Groups[3].Value);
            if (!experts.TryGetValue(key, out SortedDictionary<int, DenseArray>? stack))
            {
                experts[key] = stack = [];
            }

            stack[int.Parse(match.Groups[2].Value)] = weight;
        }

        foreach (string module in experts.Keys.Select(k => k[..k.IndexOf('/')]).Distinct().ToList())
        {
            DenseArray[] gates = [.. experts[module + "/gate"].Values];
            DenseArray[] ups = [.. experts[module + "/up"].Values];
            runtime[module + ".gate_up_proj"] = Dense.Stack([.. gates.Zip(ups, BelowEachOther)]);
            runtime[module + ".down_proj"] = Dense.Stack([.. experts[module + "/down"].Values]);
        }

        return InRegistrationOrder(runtime);
    }

    public static HfModuleKind KindOf(string modelType, string parameter)
    {
        string[] parts = parameter.Split('.');
        if (parts[^1] != "weight" && parts[^1] != "bias")
        {
            return HfModuleKind.Raw;
        }

        string module = parts[^2];
        if (module is "embed_tokens" or "wte" or "wpe")
        {
            return HfModuleKind.Embedding;
        }

        if (module.Contains("norm", StringComparison.Ordinal) || module is "ln_1" or "ln_2" or "ln_f")
        {
            return HfModuleKind.Raw;
        }

        if (modelType == "gpt2" && module is "c_attn" or "c_proj" or "c_fc")
        {
            return HfModuleKind.Conv1D;
        }

        // transformers 5: routers are modules with a raw weight.
        bool router = module == "router" || (module == "gate" && modelType is "mixtral" or "qwen3_moe" or "olmoe" or "deepseek_v3");
        return router ? HfModuleKind.Raw : HfModuleKind.Linear;
    }

    /// <summary>Index of the decoder block that a path lies in, or -1.</summary>
    public static int LayerIndex(string path)
    {
        Match match = Layer.Match(path);
        return match.Success ? int.Parse(match.Groups[1].Value) : -1;
    }

    /// <summary>gate, up or down for either spelling of an expert's Linear.</summary>
    public static string Role(string leaf) => leaf switch
    {
        "w1" or "gate_proj" => "gate",
        "w3" or "up_proj" => "up",
        "w2" or "down_proj" => "down",
        _ => throw new ArgumentException(leaf),
    };

    public static DenseArray BelowEachOther(DenseArray first, DenseArray second) =>
        new([first.Shape[0] + second.Shape[0], .. first.Shape[1..]], [.. first.Values, .. second.Values]);

    private static string Rename(string modelType, string name) =>
        modelType == "mixtral" ? name.Replace(".block_sparse_moe", ".mlp", StringComparison.Ordinal) : name;

    // gate_up_proj is registered before down_proj; the order of other parameters does not matter here.
    private static Dictionary<string, DenseArray> InRegistrationOrder(Dictionary<string, DenseArray> weights) =>
        weights.OrderBy(w => w.Key.EndsWith(".down_proj", StringComparison.Ordinal) ? 1 : 0).ThenBy(w => w.Key, StringComparer.Ordinal)
            .ToDictionary(w => w.Key, w => w.Value, StringComparer.Ordinal);
}
