using Transfuse.Conversion.Readers.Served;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Readers.Vllm;

/// <summary>
/// vLLM of summer 2026, <c>PEFTHelper</c> and <c>LoRAModel</c>: one scale for all, no DoRA, no replacements, no biases, a limit for the rank; the names of
/// tensors decide what is expected.
/// </summary>
internal sealed class VllmReader() : Reader(TargetProfile.Vllm)
{
    private const int DefaultMaxRank = 16;
    private const string PickleCheckpoint = "adapter_model.pt";
    private static readonly string[] Required = ["r", "lora_alpha", "target_modules"];

    public override void Check(CheckContext context)
    {
        if (context.ReadConfig(
            "FileNotFoundError: adapter_config.json",
            "ValueError: Missing required configuration fields: r, lora_alpha and target_modules; this is an MLX folder, which vLLM does not "
            + "read") is not { } config)
        {
            return;
        }

        double? scale = CheckConfig(context, config);
        if (context.HasFile(PickleCheckpoint) && !context.HasFile(AdapterFiles.PeftWeights) && !context.HasFile(AdapterFiles.PeftPickle))
        {
            context.Report(CheckCodes.NotJudged, PickleCheckpoint, "is read by vLLM alone, and was not looked at");
            return;
        }

        if (context.OpenWeights("ValueError: the folder doesn't contain tensors", AdapterFiles.PeftWeights, AdapterFiles.PeftPickle) is { } raw
            && scale is { } factor && ServedAdapter.Of(context, config, raw) is { } adapter)
        {
            new VllmTensorRules(context, adapter, Limit(context)).Check(raw);
            adapter.CheckScale(factor, "one scale is computed from the config for all modules; rank_pattern and alpha_pattern are not read");
            adapter.CheckSettings();
        }
    }

    private static int Limit(CheckContext context) => context.Terms.MaxLoraRank ?? DefaultMaxRank;

    private static double? CheckConfig(CheckContext context, JsonObject config)
    {
        foreach (string name in Required.Where(name => !config.Contains(name)))
        {
            context.Report(CheckCodes.FieldMissing, name, $"ValueError: Missing required configuration fields: {name}");
        }

        if (PythonNumbers.IsTrue(config["modules_to_save"]))
        {
            context.Report(CheckCodes.MethodRefused, "modules_to_save", "ValueError: vLLM only supports modules_to_save being None");
        }

        if (PythonNumbers.IsTrue(config["use_dora"]))
        {
            context.Report(CheckCodes.MethodRefused, "use_dora", "ValueError: vLLM does not yet support DoRA");
        }

        if (config["bias"] is not (null or JsonString { Value: "none" }))
        {
            context.Report(CheckCodes.MethodRefused, "bias", "ValueError: Adapter bias is not supported");
        }

        double? rank = Number(context, config, "r", rank => rank > 0 && double.IsFinite(rank));
        double? alpha = Number(context, config, "lora_alpha", _ => true);
        if (rank > Limit(context))
        {
            context.Report(CheckCodes.RankLimit, "r", $"ValueError: LoRA rank {rank} is greater than max_lora_rank {Limit(context)}");
        }

        return alpha / (PythonNumbers.IsTrue(config["use_rslora"]) ? Math.Sqrt(rank ?? double.NaN) : rank);
    }

    // Python's JSON has NaN and infinity, and they multiply.
    private static double? Number(CheckContext context, JsonObject config, string name, Func<double, bool> isTaken)
    {
        if (!config.Contains(name))
        {
            return null;
        }

        if (PythonNumbers.Number(config[name]) is { } number && isTaken(number))
        {
            return number;
        }

        context.Report(CheckCodes.FieldRefused, name, $"TypeError or ValueError: is {config[name]!.Kind}");
        return null;
    }
}
