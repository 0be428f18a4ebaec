using System.Collections.Immutable;
using System.Text.Json;

namespace Transfuse.Conversion.Architectures.Table;

/// <summary>Reads the members of one JSON object of the table and refuses those that nobody asked for.</summary>
internal sealed class EntryReader(JsonElement element)
{
    private readonly HashSet<string> _read = [];

    public JsonElement? Optional(string name)
    {
        _read.Add(name);
        return element.TryGetProperty(name, out JsonElement value) ? value : null;
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
