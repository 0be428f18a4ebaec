using Transfuse.Conversion.Readers.Served;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Readers.Sglang;

/// <summary>
/// SGLang of autumn 2026, <c>LoRAConfig</c>, <c>LoRAManager</c> and <c>LoRAAdapter</c>: one scale, lora_alpha / r, for all; DoRA, patterns that change a value
/// and added tokens are refused.
/// </summary>
internal sealed class SglangReader() : Reader(TargetProfile.Sglang)
{
    private const string AddedTokens = "added_tokens.json";
    private static readonly string[] Required = ["target_modules", "r", "lora_alpha", "peft_type"];

    public override void Check(CheckContext context)
    {
        if (context.ReadConfig(
            "FileNotFoundError: adapter_config.json", "KeyError: 'target_modules'; this is an MLX folder, which SGLang does not read") is not { } config)
        {
            return;
        }

        double? scale = CheckConfig(context, config);
        CheckAddedTokens(context);
        string[] files = [.. context.FileNames.Where(name => name.EndsWith(".safetensors", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        string[] tried = files is [] ? [AdapterFiles.PeftWeights, AdapterFiles.PeftPickle]
            : [files.Contains(AdapterFiles.PeftWeights) ? AdapterFiles.PeftWeights : files[0]];
        if (files.Length > 1)
        {
            context.Report(CheckCodes.NotJudged, string.Join(", ", files), $"all safetensors files of the folder are read; only {tried[0]} was looked at");
        }

        if (context.OpenWeights("RuntimeError: cannot find any model weights", tried) is { } raw && scale is { } factor
            && ServedAdapter.Of(context, config, raw) is { } adapter)
        {
            new SglangTensorRules(context, adapter, config).Check();
            adapter.CheckScale(factor, "it is always lora_alpha / r; use_rslora is not read");
            adapter.CheckSettings();
        }
    }

    private static double? CheckConfig(CheckContext context, JsonObject config)
    {
        foreach (string name in Required.Where(name => !config.Contains(name)))
        {
            context.Report(CheckCodes.FieldMissing, name, $"KeyError: '{name}'");
        }

        if (config["peft_type"] is { } type && (type as JsonString)?.Value.Equals("LORA", StringComparison.OrdinalIgnoreCase) != true)
        {
            context.Report(CheckCodes.MethodRefused, "peft_type", "AssertionError: peft_type is not lora");
        }

        if (config["target_modules"] is not (null or JsonArray or JsonString { Value: "all" or "all-linear" }))
        {
            context.Report(CheckCodes.FieldRefused, "target_modules",
                "ValueError: SGLang does not recognize target_modules; a list of module names, \"all\" or \"all-linear\" belongs there");
        }

        if (PythonNumbers.IsTrue(config["use_dora"]))
        {
            context.Report(CheckCodes.MethodRefused, "use_dora", "ValueError: LoRA serving currently doesn't support DoRA adapters");
        }

        double? rank = Number(context, config, "r");
        double? alpha = Number(context, config, "lora_alpha");
        CheckPattern(context, config, "rank_pattern", rank);
        CheckPattern(context, config, "alpha_pattern", alpha);
        if (rank is <= 0)
        {
            context.Report(CheckCodes.FieldRefused, "r", "ZeroDivisionError: lora_alpha / r");
            return null;
        }

        if (context.Terms.MaxLoraRank is { } limit && rank > limit)
        {
            context.Report(
                CheckCodes.RankLimit, "r", $"ValueError: rank {rank} is incompatible with the memory pool, which was made for --max-lora-rank {limit}");
        }

        return alpha / rank;
    }

    // An entry that repeats the value of the config changes nothing and is taken.
    private static void CheckPattern(CheckContext context, JsonObject config, string name, double? all)
    {
        if (config[name] is JsonObject pattern && pattern.Members.FirstOrDefault(member => PythonNumbers.Number(member.Value) != all) is { Key: { } key })
        {
            context.Report(CheckCodes.MethodRefused, name,
                $"ValueError: {key} has another value than the config; versions before autumn 2026 load it and take one scale for all");
        }
    }

    private static double? Number(CheckContext context, JsonObject config, string name)
    {
        double? number = PythonNumbers.Number(config[name]);
        if (config.Contains(name) && (number is null || (name == "r" && !double.IsFinite(number.Value))))
        {
            context.Report(CheckCodes.FieldRefused, name, $"TypeError: is {config[name]!.Kind}");
            return null;
        }

        return number;
    }

    // A tokenizer's file that was copied from the base names tokens that the base has already.
    private static void CheckAddedTokens(CheckContext context)
    {
        if (!context.HasFile(AddedTokens) || context.ReadJson(AddedTokens) is not { } tokens || tokens.Members.IsEmpty)
        {
            return;
        }

        if (context.BaseConfig?.VocabularySize is not { } vocabulary)
        {
            context.Report(
                CheckCodes.BaseUnknown, AddedTokens, "adapters that add tokens are refused; whether these are new to the base is not known without it");
        }
        else if (tokens.Members.Any(member => PythonNumbers.Integer(member.Value) >= vocabulary))
        {
            context.Report(
                CheckCodes.MethodRefused, AddedTokens, "ValueError: LoRA serving currently doesn't support adapters that add tokens to the vocabulary");
        }
    }
}
