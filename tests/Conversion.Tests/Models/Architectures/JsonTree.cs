using System.Text.Json;
using Transfuse.Formats.Json;

namespace Transfuse.Conversion.Tests.Models.Architectures;

/// <summary>Turns JSON text into the value tree by way of System.Text.Json, apart from the product's parser.</summary>
internal static class JsonTree
{
    public static JsonObject Parse(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        return (JsonObject)Convert(document.RootElement);
    }

    private static JsonValue Convert(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => new JsonObject(element.EnumerateObject().Select(item => KeyValuePair.Create(item.Name, Convert(item.Value)))),
        JsonValueKind.Array => new JsonArray([.. element.EnumerateArray().Select(Convert)]),
        JsonValueKind.String => new JsonString(element.GetString()!),
        JsonValueKind.True => JsonBoolean.True,
        JsonValueKind.False => JsonBoolean.False,
        JsonValueKind.Number => element.TryGetInt64(out long value) ? JsonNumber.Of(value) : JsonNumber.Of(element.GetDouble()),
        _ => JsonNull.Instance,
    };
}
