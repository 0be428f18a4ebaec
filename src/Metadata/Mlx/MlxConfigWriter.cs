using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Targets;

namespace Transfuse.Metadata.Mlx;

/// <summary>Writes MLX configs: integers without a point, every field that any reader requires.</summary>
internal static class MlxConfigWriter
{
    /// <summary>The config as JSON.</summary>
    /// <param name="config">What the readers use.</param>
    /// <param name="baseModel">The base, if known; left out otherwise, never invented.</param>
    /// <param name="modulePaths">Full paths of the adapted modules, for Unsloth's field.</param>
    /// <param name="profile">The target.</param>
    /// <param name="carried">Fields of a source of the same dialect that are kept as they are.</param>
    public static JsonObject Write(
        MlxConfig config, BaseModelReference? baseModel, IEnumerable<string> modulePaths, TargetProfile profile, IEnumerable<KeyValuePair<string,
        JsonValue>> carried)
    {
        var fields = new SortedDictionary<string, JsonValue>(StringComparer.Ordinal);
        foreach ((string name, JsonValue value) in carried)
        {
            fields[name] = value;
        }

        fields["fine_tune_type"] = new JsonString(config.FineTuneType);
        fields["num_layers"] = JsonNumber.Of(config.NumLayers);
        fields["lora_parameters"] = new JsonObject(
        [
            new("dropout", JsonNumber.Of(config.Dropout)),
            new("keys", JsonArray.Of(config.Keys)),
            new("rank", JsonNumber.Of(config.Rank)),
            new("scale", JsonNumber.Of(config.Scale)),
        ]);
        if (baseModel is not null)
        {
            fields["model"] = new JsonString(baseModel.Id);
        }

        if (profile.CarriesUnslothFields)
        {
            AddUnslothFields(fields, config, baseModel, modulePaths);
        }

        return new JsonObject(fields);
    }

    // unsloth-zoo 2026.8 reloads the base by its id and wraps exactly the listed paths.
    private static void AddUnslothFields(
        SortedDictionary<string, JsonValue> fields, MlxConfig config, BaseModelReference? baseModel, IEnumerable<string> modulePaths)
    {
        fields["peft_type"] = new JsonString("LORA");
        fields["rank"] = JsonNumber.Of(config.Rank);
        fields["scale"] = JsonNumber.Of(config.Scale);
        fields["dropout"] = JsonNumber.Of(config.Dropout);
        fields[MlxTopology.Field] = JsonArray.Of(modulePaths.Order(StringComparer.Ordinal));
        if (baseModel is not null)
        {
            fields["base_model_name_or_path"] = new JsonString(baseModel.Id);
            if (baseModel.Revision is not null)
            {
                fields["base_model_revision"] = new JsonString(baseModel.Revision);
            }
        }
    }
}
