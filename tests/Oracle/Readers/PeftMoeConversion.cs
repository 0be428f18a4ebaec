using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Transfuse.Oracle;

/// <summary>What PEFT 0.21 rewrites in memory when transformers 5 holds packed experts (utils/transformers_weight_conversion.py).</summary>
internal static class PeftMoeConversion
{
    private static readonly Regex PerExpert = new(@"^(.*)\.experts\.(\d+)\.(gate_proj|up_proj|down_proj|w1|w2|w3)\.lora_([AB])\.weight$");

    public static bool Applies(string modelType) => modelType is "mixtral" or "qwen3_moe" or "olmoe" or "deepseek_v3";

    /// <summary>The old names of routers and experts, and the parameters that they became.</summary>
    public static Dictionary<string, string> Names(string modelType) => modelType == "mixtral"
        ? new() { ["gate"] = "gate.weight", ["w1"] = "gate_up_proj", ["w3"] = "gate_up_proj", ["w2"] = "down_proj" }
        : new() { ["gate"] = "gate.weight", ["gate_proj"] = "gate_up_proj", ["up_proj"] = "gate_up_proj", ["down_proj"] = "down_proj" };

    /// <summary>
    /// Every item of target_modules whose last segment is the router or an expert's Linear of the older model moves to target_parameters,
    /// also where it means a dense projection; gate and up together double r and alpha of gate_up_proj.
    /// </summary>
    public static JsonElement ConvertConfig(JsonElement config, HfBase hfBase)
    {
        Dictionary<string, string> names = Names(hfBase.ModelType);
        if (config.GetStrings("target_modules") is not { } targets)
        {
            return config;
        }

        List<string> kept = [];
        SortedSet<string> parameters = new(config.GetStrings("target_parameters") ?? [], StringComparer.Ordinal);
        HashSet<string> halves = [];
        foreach (string target in targets)
        {
            string? old = names.Keys.FirstOrDefault(n => PeftPattern.EndsAtDot(target, n));
            if (old is null)
            {
                kept.Add(target);
                continue;
            }

            parameters.Add(names[old]);
            if (names[old] == "gate_up_proj")
            {
                halves.Add(old);
            }
        }

        if (halves.Count == 1)
        {
            throw new ReaderException($"ValueError: Cannot convert PEFT target(s) {halves.Single()} without also targeting the other half of gate_up_proj");
        }

        JsonObject changed = JsonNode.Parse(config.GetRawText())!.AsObject();
        changed["target_modules"] = new JsonArray([.. kept.Select(k => (JsonNode)k)]);
        changed["target_parameters"] = new JsonArray([.. parameters.Select(p => (JsonNode)p)]);
        if (halves.Count == 2)
        {
            Append(changed, "rank_pattern", config.GetNumber("r", 8) * 2);
            Append(changed, "alpha_pattern", config.GetNumber("lora_alpha", 8) * 2);
        }

        return OracleJson.Parse(changed.ToJsonString());
    }

    /// <summary>Tensors of one Linear per expert become those of packed experts; block_sparse_moe becomes mlp. Names lack their prefix.</summary>
    public static Dictionary<string, DenseArray> ConvertTensors(IReadOnlyDictionary<string, DenseArray> tensors, HfBase hfBase)
    {
        Dictionary<string, DenseArray> converted = new(StringComparer.Ordinal);
        Dictionary<(string Block, string Role, string Factor), SortedDictionary<int, DenseArray>> experts = [];
        foreach ((string name, DenseArray array) in tensors)
        {
            string renamed = hfBase.ModelType == "mixtral" && name.Contains(".lora_", StringComparison.Ordinal)
                ? name.Replace(".block_sparse_moe.", ".mlp.", StringComparison.Ordinal)
                : name;
            Match match = PerExpert.Match(renamed);
            if (!match.Success)
            {
                converted[renamed] = array;
                continue;
            }

            (string, string, string) key = (match.Groups[1].Value, HfRuntimeLayout.Role(match.Groups[3].Value), match.Groups[4].Value);
            if (!experts.TryGetValue(key, out SortedDictionary<int, DenseArray>? stack))
            {
                experts[key] = stack = [];
            }

            stack[int.Parse(match.Groups[2].Value)] = array;
        }

        foreach (string block in experts.Keys.Select(k => k.Block).Distinct())
        {
            DenseArray[]? Stack(string role, string factor) => experts.TryGetValue((block, role, factor), out var s) ? [.. s.Values] : null;
            if (Stack("down", "A") is { } downA && Stack("down", "B") is { } downB)
            {
                converted[block + ".experts.lora_A.weight"] = PackA(downA);
                converted[block + ".experts.lora_B.weight"] = PackB(downB);
            }

            if (Stack("gate", "A") is { } gateA && Stack("up", "A") is { } upA && Stack("gate", "B") is { } gateB && Stack("up", "B") is { } upB)
            {
                converted[block + ".experts.base_layer.lora_A.weight"] = PackA([.. gateA.Zip(upA, HfRuntimeLayout.BelowEachOther)]);
                converted[block + ".experts.base_layer.lora_B.weight"] = PackB([.. gateB.Zip(upB, BlockDiagonal)]);
            }
        }

        return converted;
    }

    /// <summary>(r, in) per expert to (E r, in), expert-major.</summary>
    public static DenseArray PackA(DenseArray[] experts) =>
        new([experts.Sum(e => e.Shape[0]), experts[0].Shape[1]], [.. experts.SelectMany(e => e.Values)]);

    /// <summary>(out, r) per expert to (out, r E) with column k E + e.</summary>
    public static DenseArray PackB(DenseArray[] experts)
    {
        (long outputs, long rank) = (experts[0].Shape[0], experts[0].Shape[1]);
        DenseArray packed = DenseArray.Zeros(outputs, rank * experts.Length);
        for (int e = 0; e < experts.Length; e++)
        {
            for (long o = 0; o < outputs; o++)
            {
                for (long k = 0; k < rank; k++)
                {
                    packed[o, (k * experts.Length) + e] = experts[e][o, k];
                }
            }
        }

        return packed;
    }

    private static DenseArray BlockDiagonal(DenseArray first, DenseArray second)
    {
        DenseArray result = DenseArray.Zeros(first.Shape[0] + second.Shape[0], first.Shape[1] + second.Shape[1]);
        foreach ((DenseArray block, long row, long column) in new[] { (first, 0L, 0L), (second, first.Shape[0], first.Shape[1]) })
        {
            for (long i = 0; i < block.Shape[0]; i++)
            {
                for (long j = 0; j < block.Shape[1]; j++)
                {
                    result[row + i, column + j] = block[i, j];
                }
            }
        }

        return result;
    }

    private static void Append(JsonObject config, string name, double value)
    {
        if (config[name] is not JsonObject patterns)
        {
            config[name] = patterns = [];
        }

        patterns[@".*\.gate_up_proj"] = value;
    }
}
