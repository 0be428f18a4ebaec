using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft.Mending;

/// <summary>
/// Settings that make PEFT change the base model when it loads the adapter. Whether the training did so too no folder tells, so they are kept and named.
/// </summary>
internal static class ChangedBase
{
    public static void Report(PeftConfig config, FindingLog log)
    {
        if (config.Init.ChangesBase)
        {
            log.Add(ConfigCodes.LoadsOnChangedBase.At(
                "init_lora_weights", $"is \"{ConfigFields.Shorten(config.Init.Name)}\": PEFT decomposes the base weights again when it loads the adapter"));
        }

        if (config.Variants.LayerReplication is { } replication)
        {
            log.Add(ConfigCodes.LoadsOnChangedBase.At(
                "layer_replication", $"has {replication.Items.Length} ranges: PEFT repeats the base's layers when it loads the adapter"));
        }
    }
}
