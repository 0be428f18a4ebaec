using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Peft;

/// <summary>What keeps a LoRA config from being plain LoRA (or DoRA) on its base model, whatever its tensors are. A PEFT adapter that stays one does not need this.</summary>
public static class PeftMaths
{
    /// <summary>Reports settings that change the maths and that no other dialect can express.</summary>
    /// <param name="config">The config.</param>
    /// <param name="log">Takes the findings.</param>
    public static void Report(PeftConfig config, FindingLog log)
    {
        if (config.Init.ChangesBase)
        {
            Add(ConfigCodes.BaseChanged, "init_lora_weights", $"is \"{config.Init.Name}\"");
        }

        PeftVariants variants = config.Variants;
        if (variants.KasaConfig is not null)
        {
            Add(ConfigCodes.BaseChanged, "kasa_config", "is set, which truncates the base weights");
        }

        foreach ((string field, bool isOn) in new[]
        {
            ("alora_invocation_tokens", variants.AloraInvocationTokens is { Length: > 0 }),
            ("arrow_config", variants.ArrowConfig is not null),
            ("use_bdlora", variants.BdLora is not null),
            ("use_qalora", variants.UseQalora),
        })
        {
            if (isOn)
            {
                Add(ConfigCodes.VariantUnsupported, field, "is set");
            }
        }

        if (variants.LayerReplication is { } replication)
        {
            Add(ConfigCodes.LayerReplication, "layer_replication", $"has {replication.Items.Length} ranges");
        }

        void Add(FindingCode code, string field, string message) => log.Add(code.At($"{config.FileName}:{field}", message));
    }
}
