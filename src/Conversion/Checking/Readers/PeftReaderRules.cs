using Transfuse.Conversion.Checking.Peft;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Matching;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Checking.Readers;

/// <summary>PEFT 0.21 with transformers 5, <c>PeftModel.from_pretrained</c>: adapters are made by the config; tensors without a place are ignored, modules without tensors are warned about.</summary>
internal sealed class PeftReaderRules : IReaderRules
{
    public void Check(CheckContext context)
    {
        if (context.ReadConfig("ValueError: can't find 'adapter_config.json'") is not { } json)
        {
            return;
        }

        if (DialectFields.IsMlx(json))
        {
            context.Report(CheckCodes.OtherDialect, AdapterFiles.Config, "KeyError or RuntimeError: this is an MLX folder, which PEFT does not read");
            return;
        }

        RawTensors? raw = context.OpenWeights("ValueError: can't find weights: adapter_model.safetensors and adapter_model.bin are looked for", AdapterFiles.PeftWeights, AdapterFiles.PeftPickle);
        if (json["peft_type"] is JsonString { Value: var type } && type is not (PeftTypes.Lora or "BONE") && PeftTypes.All.Contains(type))
        {
            context.Report(CheckCodes.NotJudged, "peft_type", $"the method is {type}; only LoRA's rules are known here");
            return;
        }

        if (PeftConfigRules.Read(context, json) is { } config && raw is not null)
        {
            CheckLora(context, config, PeftFile.Of(raw));
        }
    }

    private static void CheckLora(CheckContext context, PeftConfig config, PeftFile file)
    {
        HfModel? model = config.Variants.LayerReplication is null ? HfModel.Of(context, [.. file.Modules.Select(module => module.Path)]) : null;
        if (config.Variants.LayerReplication is not null)
        {
            context.Report(CheckCodes.NotJudged, "layer_replication", "the layers of the model are repeated, so nothing was compared with the base");
        }

        foreach ((string name, string why) in file.Unmatched)
        {
            context.Report(CheckCodes.TensorIgnored, name, $"unexpected keys are ignored: {why}");
        }

        CheckInit(context, config);
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

    private static void CheckInit(CheckContext context, PeftConfig config)
    {
        string name = config.Init.Name;
        if (!config.Init.ChangesBase)
        {
            return;
        }

        if (name.StartsWith("corda", StringComparison.Ordinal))
        {
            context.Report(CheckCodes.FieldRefused, "init_lora_weights", $"ValueError: \"{name}\" needs the results of a preprocessing run that no folder holds");
        }
        else if (name == "lora_ga" || name.StartsWith("pissa_niter", StringComparison.Ordinal))
        {
            string why = name == "lora_ga" ? "without gradients the base is left as it is" : "a randomised decomposition gives another residual each time";
            context.Report(CheckCodes.BaseResidual, "init_lora_weights", $"{name} changed the base weights in training; when it is loaded, {why}");
        }
        else
        {
            context.Report(CheckCodes.BaseRecomputed, "init_lora_weights", $"{name} changes the base weights in training and again when it is loaded");
        }
    }
}
