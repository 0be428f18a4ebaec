using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects;

/// <summary>Replaces numbers that JSON has no form for in fields that are carried from a source config.</summary>
internal static class FiniteFields
{
    /// <summary>The config with null for every NaN and infinity, each field named in a finding.</summary>
    public static JsonObject Clear(JsonObject config, FindingLog log) => PythonJson.FindNonFinite(config) is null
        ? config
        : new JsonObject(config.Members.Select(member => new KeyValuePair<string, JsonValue>(member.Key, Clear(member.Key, member.Value, log))));

    private static JsonValue Clear(string field, JsonValue value, FindingLog log)
    {
        if (PythonJson.FindNonFinite(value) is null)
        {
            return value;
        }

        log.Add(ConfigCodes.NotFiniteCleared.At(field, "holds a number that is not finite; null was written for it"));
        return Clear(value);
    }

    private static JsonValue Clear(JsonValue value) => value switch
    {
        JsonNumber number => double.IsFinite(number.Value) ? number : JsonNull.Instance,
        JsonArray list => new JsonArray([.. list.Items.Select(Clear)]),
        JsonObject members => new JsonObject(members.Members.Select(member => new KeyValuePair<string, JsonValue>(member.Key, Clear(member.Value)))),
        _ => value,
    };
}
