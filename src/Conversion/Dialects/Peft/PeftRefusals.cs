using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>Refuses configs whose tensors mean something else than a plain delta on the base: no other dialect can say so.</summary>
internal static class PeftRefusals
{
    public static void Check(PeftConfig config, string configFile, FindingLog log)
    {
        if (config.Init.ChangesBase)
        {
            log.Add(ConfigCodes.BaseChanged.At(
                configFile, $"init_lora_weights is \"{config.Init.Name}\", which changed the base weights before training: the adapter is relative to those. Save it in PEFT with path_initial_model_for_weight_conversion, which makes it plain LoRA"));
        }

        if (config.Variants.LayerReplication is not null)
        {
            log.Add(ConfigCodes.LayerReplication.At(configFile, "layer_replication makes the layer numbers those of a model with repeated layers"));
        }

        foreach ((string field, string reason) in Variants(config.Variants))
        {
            log.Add(ConfigCodes.VariantUnsupported.At(configFile, $"{field} is set: {reason}"));
        }
    }

    private static IEnumerable<(string Field, string Reason)> Variants(PeftVariants variants)
    {
        if (variants.AloraInvocationTokens is { IsEmpty: false })
        {
            yield return ("alora_invocation_tokens", "the adapter acts only after certain tokens");
        }

        if (variants.ArrowConfig is not null)
        {
            yield return ("arrow_config", "several adapters are chosen between while the model runs");
        }

        if (variants.UseQalora)
        {
            yield return ("use_qalora", "the input is pooled in groups before lora_A");
        }

        if (variants.BdLora is not null)
        {
            yield return ("use_bdlora", "the factors are packed blocks of a block-diagonal matrix");
        }

        if (variants.KasaConfig is not null)
        {
            yield return ("kasa_config", "the base weights were truncated, and lora_diag stands between the factors");
        }
    }
}
