using System.Text.Json;
using System.Text.RegularExpressions;

namespace Transfuse.Oracle;

/// <summary>vLLM's PEFTHelper and LoRAModel (lora/peft_helper.py, lora/lora_model.py, summer 2026) on a PEFT folder.</summary>
public static class VllmLoader
{
    /// <param name="folder">The adapter.</param>
    /// <param name="hfBase">The base.</param>
    /// <param name="maxLoraRank">The server's max_lora_rank, 16 unless told otherwise.</param>
    public static ReaderReport Load(string folder, HfBase hfBase, long maxLoraRank = 16) => ReaderReport.Of(report =>
    {
        JsonElement config = OracleJson.Read(Path.Combine(folder, "adapter_config.json"));
        CheckConfig(config, maxLoraRank);
        CheckNames(config, PeftFiles.ReadTensors(folder).Keys, hfBase, File.Exists(Path.Combine(folder, PeftFiles.Safetensors)));
        double rank = config.GetNumber("r", 0);
        double scale = config.GetNumber("lora_alpha", 0) / (config.GetFlag("use_rslora") ? Math.Sqrt(rank) : rank);
        ServedDeltas.Apply(folder, hfBase, scale, report);
        CheckLoneExperts(config, hfBase, report);
    });

    private static void CheckConfig(JsonElement config, long maxLoraRank)
    {
        foreach (string field in new[] { "r", "lora_alpha", "target_modules" })
        {
            if (!config.Has(field))
            {
                throw new ReaderException($"ValueError: Missing required configuration fields: {field}");
            }
        }

        List<string> problems = [];
        if (config.GetStrings("modules_to_save") is { Count: > 0 })
        {
            problems.Add("vLLM only supports modules_to_save being None.");
        }

        if (config.GetFlag("use_dora"))
        {
            problems.Add("vLLM does not yet support DoRA.");
        }

        if (config.GetNumber("r", 0) > maxLoraRank)
        {
            problems.Add($"LoRA rank {config.GetNumber("r", 0)} is greater than max_lora_rank {maxLoraRank}.");
        }

        if ((config.GetText("bias") ?? "none") != "none")
        {
            problems.Add("Adapter bias is not supported.");
        }

        if (problems.Count > 0)
        {
            throw new ReaderException("ValueError: " + string.Join(' ', problems));
        }
    }

    /// <summary>With safetensors the names decide; with bin the last segments of target_modules do.</summary>
    private static void CheckNames(JsonElement config, IEnumerable<string> names, HfBase hfBase, bool safetensors)
    {
        HashSet<string> expected = Expected(hfBase);
        List<string> unexpected = [];
        foreach (string name in names.Where(n => !Regex.IsMatch(n, @"\.(embed_tokens|lm_head)\.base_layer\.weight$")))
        {
            Match parsed = Regex.Match(name, @"^(?:base_model\.model\.)?(.*)\.(?:lora_[AB]\.weight|lora_embedding_[AB])$");
            if (!parsed.Success)
            {
                throw new ReaderException($"ValueError: {name} is unsupported LoRA weight");
            }

            string module = parsed.Groups[1].Value;
            int experts = module.IndexOf(".experts", StringComparison.Ordinal);
            string suffix = experts >= 0 ? module[(experts + 1)..] : module[(module.LastIndexOf('.') + 1)..];
            if (safetensors && !module.Contains("base_layer", StringComparison.Ordinal) && !expected.Contains(suffix))
            {
                unexpected.Add(module);
            }
        }

        if (!safetensors)
        {
            unexpected.AddRange((config.GetStrings("target_modules") ?? []).Where(t => !expected.Contains(t[(t.LastIndexOf('.') + 1)..])));
        }

        if (unexpected.Count > 0)
        {
            throw new ReaderException(
                $"ValueError: expected target modules in {string.Join(", ", expected.Order(StringComparer.Ordinal))} but received "
                + $"{string.Join(", ", unexpected)}");
        }
    }

    /// <summary>Last segments of all Linears (a packed one counts by its parts), of the embeddings, the router, and the experts in both spellings.</summary>
    private static HashSet<string> Expected(HfBase hfBase)
    {
        HashSet<string> expected = [.. hfBase.Parameters
            .Where(p => p.Kind is HfModuleKind.Linear or HfModuleKind.Conv1D or HfModuleKind.Embedding || p.Module.EndsWith(".gate", StringComparison.Ordinal))
            .Select(p => p.Module[(p.Module.LastIndexOf('.') + 1)..])];
        if (hfBase.Experts > 0)
        {
            expected.Add("experts");
            string[] leaves = hfBase.ModelType == "mixtral" ? ["w1", "w2", "w3"] : ["gate_proj", "up_proj", "down_proj"];
            for (int e = 0; e < hfBase.Experts; e++)
            {
                expected.UnionWith(leaves.Select(leaf => $"experts.{e}.{leaf}"));
            }
        }

        return expected;
    }

    /// <summary>vLLM takes experts.base_layer for gate_up_proj and experts for down_proj, whatever target_parameters says.</summary>
    private static void CheckLoneExperts(JsonElement config, HfBase hfBase, ReaderReport report)
    {
        foreach (string module in hfBase.Parameters.Where(p => p.Leaf == "gate_up_proj" && p.Shape.Length == 3).Select(p => p.Module))
        {
            IReadOnlyList<HfParameter> targets = PeftFactors.TargetParameters(config, module, hfBase);
            if (targets.Count == 1 && targets[0].Leaf == "gate_up_proj")
            {
                report.Quietly($"{module}: the only targeted parameter is gate_up_proj, and its factors are taken for down_proj");
            }
        }
    }
}
