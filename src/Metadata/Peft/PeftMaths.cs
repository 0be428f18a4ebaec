using System.Collections.Immutable;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Peft;

/// <summary>
/// What keeps a LoRA config from being plain LoRA (or DoRA) on its base model, whatever its tensors are. A PEFT adapter that stays one does not need this.
/// </summary>
internal static class PeftMaths
{
    /// <summary>The settings that change the maths and that no other dialect can express.</summary>
    /// <param name="config">The config.</param>
    public static ImmutableArray<Finding> Of(PeftConfig config)
    {
        var findings = ImmutableArray.CreateBuilder<Finding>();
        if (config.Init.ChangesBase)
        {
            string way = config.Init.Name == "loftq"
                ? "merge it in PEFT into the base that LoftQ quantized"
                : "PEFT makes plain LoRA of it with path_initial_model_for_weight_conversion";
            Add(
                ConfigCodes.BaseChanged, "init_lora_weights",
                $"is \"{config.Init.Name}\": the base weights were changed before training, and the adapter is relative to those; {way}");
        }

        PeftVariants variants = config.Variants;
        if (variants.KasaConfig is not null)
        {
            Add(ConfigCodes.BaseChanged, "kasa_config", "is set: the base weights were truncated, and lora_diag stands between the factors; merge it in PEFT");
        }

        foreach ((string field, bool isOn, string reason) in new[]
        {
            ("alora_invocation_tokens", variants.AloraInvocationTokens is { Length: > 0 }, "the adapter acts only after certain tokens"),
            ("arrow_config", variants.ArrowConfig is not null, "the model chooses between several adapters while it runs"),
            ("use_bdlora", variants.BdLora is not null, "the factors are packed blocks of a block-diagonal matrix"),
            ("use_qalora", variants.UseQalora, "the input is pooled in groups before lora_A"),
        })
        {
            if (isOn)
            {
                Add(ConfigCodes.VariantUnsupported, field, $"is set: {reason}");
            }
        }

        if (variants.LayerReplication is { } replication)
        {
            Add(
                ConfigCodes.LayerReplication, "layer_replication",
                $"has {replication.Items.Length} ranges: layer numbers are those of a model with repeated layers");
        }

        return findings.DrainToImmutable();

        void Add(FindingCode code, string field, string message) => findings.Add(code.At(new ConfigPlace(config.FileName, field), message));
    }
}
