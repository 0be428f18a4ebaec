using Transfuse.Apply.Models.Table;
using Transfuse.Formats.Json;

namespace Transfuse.Apply.Models.Configs;

/// <summary>Finds a config's entry in the table, and brings what transformers 5 writes into the spelling that mlx-lm reads.</summary>
internal static class ModelConfig
{
    private static readonly string[] RotaryFields = ["rope_theta", "partial_rotary_factor"];

    /// <summary>The entry and the part of the config that describes the decoder.</summary>
    /// <exception cref="ModelException">The type is missing or unknown, or the part is missing.</exception>
    public static (ModelEntry Entry, JsonObject Text) Resolve(JsonObject config)
    {
        if (config["model_type"] is not JsonString type)
        {
            throw new ModelException(ModelError.FieldMissing, "model_type", "is missing in config.json");
        }

        if (config.Contains("model_file"))
        {
            throw new ModelException(ModelError.SettingNotRun, "model_file", "names Python code of the model's own, which is not run");
        }

        ModelEntry entry = ModelTable.Find(type.Value) ?? throw new ModelException(ModelError.TypeNotRun, type.Value, "is a model type that is not known");
        JsonObject text = config;
        if (entry.Word("config_root") is { } root)
        {
            text = config[root] as JsonObject
?? (entry.Find("config_root_optional") is not null ? config : throw new ModelException(
    ModelError.FieldMissing, root, $"is missing in the config.json of a {type.Value}"));
            entry = Core(entry, text);
        }

        text = Override(entry, config, text);
        return (entry, Normalize(entry, text));
    }

    // A model of pictures and text may have one of several text models.
    private static ModelEntry Core(ModelEntry entry, JsonObject text)
    {
        if (entry.Find("cores") is not JsonObject cores || text["model_type"] is not JsonString type || cores[type.Value] is not JsonString name)
        {
            return entry;
        }

        JsonObject core = ModelTable.Find(name.Value)!.Fields;
        return new ModelEntry(name.Value, new JsonObject(
        [
            .. core.Members.Where(member => member.Key != "paths"),
            new("core_prefix", entry.Fields["core_prefix"]!),
            new("paths", entry.Fields["paths"]!),
        ]));
    }

    private static JsonObject Override(ModelEntry entry, JsonObject config, JsonObject text)
    {
        JsonObject outer = entry.Find("outer_fields") as JsonObject ?? JsonObject.Empty, forced = entry.Find("forced_fields") as JsonObject ?? JsonObject.Empty;
        KeyValuePair<string, JsonValue>[] set =
        [
            .. outer.Members.Select(field => new KeyValuePair<string, JsonValue>(field.Key, config[field.Key] ?? text[field.Key] ?? field.Value)),
            .. forced.Members,
        ];
        return set.Length == 0 ? text : new JsonObject([.. text.Members.Where(member => !set.Any(field => field.Key == member.Key)), .. set]);
    }

    // mlx-models.md 2: what transformers 5 moved into rope_parameters and layer_types.
    private static JsonObject Normalize(ModelEntry entry, JsonObject text)
    {
        Dictionary<string, JsonValue> added = new(StringComparer.Ordinal);
        void Add(string field, JsonValue? value)
        {
            if (value is not null and not JsonNull && entry.Reads(field) && text[field] is null or JsonNull)
            {
                added.TryAdd(field, value!);
            }
        }

        if (text["rope_parameters"] is JsonObject rope && !entry.Reads("rope_parameters"))
        {
            JsonObject full = rope["full_attention"] as JsonObject ?? rope;
            foreach (string field in RotaryFields)
            {
                Add(field, full[field]);
            }

            Add("rope_local_base_freq", (rope["sliding_attention"] as JsonObject)?["rope_theta"]);
            if ((full["rope_type"] ?? full["type"]) is JsonString { Value: not "default" })
            {
                Add("rope_scaling", full);
            }

            Add("original_max_position_embeddings", full["original_max_position_embeddings"]);
        }

        if (text["layer_types"] is JsonArray types
            && types.Items.ToList().FindIndex(kind => kind is JsonString { Value: "full_attention" }) is >= 0 and var first)
        {
            Add("sliding_window_pattern", JsonNumber.Of(first + 1L));
        }

        Add("n_ctx", text["n_positions"]);
        Add("num_experts", text["num_local_experts"]);
        Add("num_local_experts", text["num_experts"]);
        return added.Count == 0 ? text : new JsonObject([.. text.Members.Where(member => !added.ContainsKey(member.Key)), .. added]);
    }
}
