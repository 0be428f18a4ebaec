using Transfuse.Conversion.Models.Outlines;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Matching;
using Transfuse.Metadata.Peft;
using Transfuse.Metadata.Targets;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Readers.Peft;

/// <summary>
/// PEFT 0.21 with transformers 5, <c>PeftModel.from_pretrained</c>: adapters are made by the config; tensors without a place are ignored, modules without
/// tensors are warned about.
/// </summary>
internal sealed class PeftReader() : Reader(TargetProfile.Peft)
{
    private const string Replication = "layer_replication";

    public override void Check(CheckContext context)
    {
        if (context.ReadConfig(
            "ValueError: can't find 'adapter_config.json'", "KeyError or RuntimeError: this is an MLX folder, which PEFT does not read") is not { } json)
        {
            return;
        }

        ITensorContainer? raw = context.OpenWeights("ValueError: can't find weights: adapter_model.safetensors and adapter_model.bin are looked for",
            AdapterFiles.PeftWeights, AdapterFiles.PeftPickle);
        if (json["peft_type"] is JsonString { Value: "BONE" })
        {
            context.Report(CheckCodes.FieldRefused, "peft_type", "KeyError: 'BONE'; PEFT 0.21 has MISS instead");
            return;
        }

        if (json["peft_type"] is JsonString { Value: var type } && type != PeftTypes.Lora && PeftTypes.All.Contains(type))
        {
            if (raw is not null && PeftMethodRules.Refutes(context, type, raw))
            {
                return;
            }

            context.Report(CheckCodes.NotJudged, "peft_type", $"the method is {type}; only LoRA's rules are known here");
            return;
        }

        if (PeftConfigRules.Read(context, json) is { } config && raw is not null)
        {
            CheckLora(context, config,
                PeftFile.Of(raw, addsPrefix: context.Architecture?.PeftConversion is not null || context.ModelType is "granitemoe" or "granitemoehybrid"));
        }
    }

    private static void CheckLora(CheckContext context, PeftConfig config, PeftFile file)
    {
        HfOutline? model = HfOutlines.For(context, [.. file.Modules.Select(module => module.Path)]);
        if (config.Variants.LayerReplication is { } replication && model is { } plain && (model = Replicated(context, plain, replication)) is null)
        {
            return;
        }

        foreach ((string name, string why) in file.Unmatched)
        {
            context.Report(CheckCodes.TensorIgnored, name, $"unexpected keys are ignored: {why}");
        }

        try
        {
            IReadOnlySet<string> bound = new PeftLoraRules(context, config, file, model).Check();
            new PeftOtherTensorRules(context, config, file, model, bound).Check();
        }
        catch (PythonRegexException pattern)
        {
            context.Report(CheckCodes.FieldRefused, "target_modules, exclude_modules or a pattern", pattern.Message);
        }
    }

    private static HfOutline? Replicated(CheckContext context, HfOutline model, JsonArray replication)
    {
        IEnumerable<long[]> ranges = replication.Cast<JsonArray>().Select(range => range.Select(end => PythonNumbers.Integer(end) ?? 0).ToArray());
        HfOutline? replicated = model.Replicated(ranges.Select(range => (range[0], range[1])));
        if (replicated is null)
        {
            context.Report(CheckCodes.FieldRefused, Replication, $"IndexError: a range leaves the model's {model.LayerCount} layers");
        }
        else
        {
            context.Report(CheckCodes.OddityTaken, Replication,
                $"makes a model of {replicated.LayerCount} layers from the base's {model.LayerCount}; the adapter's layers are those of that model");
        }

        return replicated;
    }
}
