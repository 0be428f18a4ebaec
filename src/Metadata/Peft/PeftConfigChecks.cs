using Transfuse.Formats.Json;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Peft;

/// <summary>
/// What PEFT refuses when it loads a LoRA config although each field alone is in order (PEFT 0.21, <c>LoraConfig.__post_init__</c> and layer creation).
/// </summary>
internal static class PeftConfigChecks
{
    public static void Report(PeftConfig config, FindingLog log)
    {
        PeftVariants variants = config.Variants;
        bool isString = config.TargetModules.Kind is PeftModuleSelectorKind.Pattern or PeftModuleSelectorKind.AllLinear;
        bool hasLayers = IsPresent(config, "layers_to_transform");
        bool hasPattern = IsPresent(config, "layers_pattern");
        if (isString && (hasLayers || hasPattern))
        {
            Add(
                ConfigCodes.LayersWithPattern, hasLayers ? "layers_to_transform" : "layers_pattern",
                $"stands beside target_modules \"{ConfigFields.Shorten(config.TargetModules.Pattern)}\"");
        }
        else if (!config.LayersPattern.IsEmpty && !hasLayers)
        {
            Add(ConfigCodes.LayersPatternAlone, "layers_pattern", "stands without layers_to_transform");
        }

        if (variants.UseDora && variants.MegatronConfig is not null)
        {
            Add(ConfigCodes.DoraWithMegatron, "use_dora", "stands beside megatron_config");
        }

        if (config.Init.Name == "loftq" && variants.LoftqConfig is null)
        {
            Add(ConfigCodes.LoftqWithoutConfig, "init_lora_weights", "is \"loftq\" without loftq_config");
        }

        if (variants.LoraBias && (variants.UseDora || config.Init.Name is not ("true" or "false")))
        {
            Add(
                ConfigCodes.LoraBiasConflict, "lora_bias",
                variants.UseDora ? "stands beside use_dora" : $"stands beside init_lora_weights \"{ConfigFields.Shorten(config.Init.Name)}\"");
        }

        string[] active =
            [.. variants.Active(), .. string.Equals(
                config.Init.Name, "mica", StringComparison.OrdinalIgnoreCase) ? ["init_lora_weights \"mica\""] : Array.Empty<string>()];
        if (active.Length > 1)
        {
            Add(ConfigCodes.VariantConflict, active[0], $"is on together with {string.Join(", ", active[1..])}");
        }

        if (config.Dropout > 0 && config.TargetParameters is { Length: > 0 })
        {
            Add(ConfigCodes.DropoutOnParameters, "lora_dropout", FormattableString.Invariant($"is {config.Dropout} beside target_parameters"));
        }

        void Add(FindingCode code, string field, string message) => log.Add(code.At(new ConfigPlace(config.FileName, field), message));
    }

    private static bool IsPresent(PeftConfig config, string field) => config.Source[field] is not (null or JsonNull);
}
