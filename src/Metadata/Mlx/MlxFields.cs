using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx;

/// <summary>Fields of an MLX config, by name or as <c>lora_parameters.name</c>.</summary>
internal sealed class MlxFields(JsonObject config, string fileName, FindingLog log)
{
    public string FileName => fileName;

    public FindingLog Log => log;

    /// <summary>Whether the field is there, whatever its value.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>Whether the field is there and not null.</summary>
    public bool HasValue(string name) => Find(name) is not (null or JsonNull);

    /// <summary>A finite number; anything else but a missing field or null is named in a finding and counts as missing.</summary>
    public double? Number(string name) => Find(name) switch
    {
        null or JsonNull => null,
        JsonNumber number when double.IsFinite(number.Value) => number.Value,
        JsonValue other => Unusable<double>(name, other, "a finite number"),
    };

    /// <summary>An integer, also one written as an integral float.</summary>
    public long? Integer(string name) => Find(name) switch
    {
        JsonNumber number when number.TryGetInteger(out long value) => value,
        _ => null,
    };

    /// <summary>A string that is not empty.</summary>
    public string? Text(string name) => Find(name) is JsonString { Value.Length: > 0 } text ? text.Value : null;

    /// <summary>A list of strings.</summary>
    public ImmutableArray<string>? Strings(string name) =>
        Find(name) is JsonArray list && list.Items.All(item => item is JsonString) ? [.. list.Items.Select(item => ((JsonString)item).Value)] : null;

    /// <summary>Names a value that cannot be used.</summary>
    public T? Unusable<T>(string name, JsonValue value, string wanted)
        where T : struct
    {
        log.Add(MlxConfigCodes.FieldUnusable.At(fileName, $"{name} is {value.Kind}, not {wanted}"));
        return null;
    }

    private JsonValue? Find(string name) => name.Split('.') is [string outer, string inner] ? (config[outer] as JsonObject)?[inner] : config[name];
}
