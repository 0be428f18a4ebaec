using System.Collections.Immutable;
using System.Text.Json;

namespace Transfuse.Conversion.Models.Architectures.Table;

/// <summary>Reads the members of one JSON object of the table and refuses those that nobody asked for.</summary>
/// <param name="element">The object.</param>
/// <param name="like">The object that has the members which this one does not state; a member that is null here is left out.</param>
internal sealed class EntryReader(JsonElement element, JsonElement? like = null)
{
    private readonly HashSet<string> _read = [];

    public JsonElement? Optional(string name)
    {
        _read.Add(name);
        if (element.TryGetProperty(name, out JsonElement value))
        {
            return value.ValueKind == JsonValueKind.Null && like is not null ? null : value;
        }

        return like?.TryGetProperty(name, out value) == true ? value : null;
    }

    public JsonElement Required(string name) =>
        Optional(name) ?? throw new FormatException($"{name} is missing in {element.GetRawText()}.");

    public string Text(string name) => Required(name).GetString()!;

    public string? OptionalText(string name) => Optional(name)?.GetString();

    public bool Flag(string name) => Optional(name)?.GetBoolean() ?? false;

    public PathPattern Pattern(string name) => new(Text(name));

    public ImmutableArray<JsonElement> List(string name) => Optional(name) is JsonElement list ? [.. list.EnumerateArray()] : [];

    public ImmutableArray<string> Texts(string name) => [.. List(name).Select(item => item.GetString()!)];

    public T Word<T>(string name, IReadOnlyDictionary<string, T> words)
    {
        string text = Text(name);
        return words.TryGetValue(text, out T? value) ? value : throw new FormatException($"{name} does not know the word {text}.");
    }

    public T? OptionalWord<T>(string name, IReadOnlyDictionary<string, T> words)
        where T : struct => Optional(name) is null ? null : Word(name, words);

    /// <summary>Fails where the object has a member that was not read.</summary>
    public void End()
    {
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!_read.Contains(property.Name))
            {
                throw new FormatException($"{property.Name} is not a member of this object: {element.GetRawText()}.");
            }
        }
    }
}
