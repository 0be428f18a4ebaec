using Transfuse.Formats.Json;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Dialects.Mlx;

/// <summary>Fields of an MLX config that a writer keeps, because they are not its own to write.</summary>
internal static class MlxCarriedFields
{
    // Written anew, or old spellings of what is written anew.
    private static readonly string[] Rewritten =
        ["fine_tune_type", "num_layers", "lora_layers", "lora_parameters", "use_dora", "rank", "alpha", "scale", "dropout", "keys"];

    // They mean something to Unsloth alone, which a folder for another reader is not for.
    private static readonly string[] UnslothOnly = [MlxTopology.Field, MlxConfigView.RuntimeQuantization, "peft_type"];

    public static IEnumerable<KeyValuePair<string, JsonValue>> Of(JsonObject config, TargetProfile profile) =>
        config.Members.Where(field => !Rewritten.Contains(field.Key) && (profile.CarriesUnslothFields || !UnslothOnly.Contains(field.Key)));
}
