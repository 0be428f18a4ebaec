using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Editing;

/// <summary>
/// Changes single fields of a config, keeps all others as and where they are, and records each change with its reason. A field may be <c>object.name</c>.
/// </summary>
internal sealed class ConfigEditor
{
    private readonly ImmutableArray<RepairChange>.Builder _changes = ImmutableArray.CreateBuilder<RepairChange>();
    private JsonObject _config;

    /// <summary>Begins with a config; an empty one where there is none.</summary>
    public ConfigEditor(JsonObject config) => _config = config;

    /// <summary>The config as it is now.</summary>
    public JsonObject Config => _config;

    /// <summary>What was changed so far.</summary>
    public ImmutableArray<RepairChange> Changes => _changes.ToImmutable();

    /// <summary>A field, or <see langword="null"/>.</summary>
    public JsonValue? this[string field] => field.Split('.') is [string outer, string inner] ? (_config[outer] as JsonObject)?[inner] : _config[field];

    /// <summary>Gives a field a value, unless it is written so already. A new field goes to the end; what stands where an object belongs is replaced.</summary>
    public void Set(string field, JsonValue value, string reason)
    {
        JsonValue? before = this[field];
        if (JsonText.AreEqual(before, value))
        {
            return;
        }

        if (field.Split('.') is [string outer, string inner])
        {
            if (_config[outer] is { } other and not JsonObject)
            {
                before = other;
            }

            _config = With(_config, outer, With(_config[outer] as JsonObject ?? JsonObject.Empty, inner, value));
        }
        else
        {
            _config = With(_config, field, value);
        }

        Record(field, before, value, reason);
    }

    /// <summary>Gives a field a number, unless a number of that value is there.</summary>
    public void Set(string field, double value, string reason)
    {
        if (this[field] is not JsonNumber number || number.Value != value)
        {
            Set(field, JsonNumber.Of(value), reason);
        }
    }

    /// <summary>Gives a field an integer, written without a point.</summary>
    public void Set(string field, long value, string reason) => Set(field, JsonNumber.Of(value), reason);

    /// <summary>Removes a field.</summary>
    public void Remove(string field, string reason)
    {
        if (this[field] is not { } before)
        {
            return;
        }

        _config = field.Split('.') is [string outer, string inner]
            ? With(_config, outer, Without((JsonObject)_config[outer]!, inner))
            : Without(_config, field);
        Record(field, before, null, reason);
    }

    /// <summary>Gives a field of the top level another name, and a value, in its place.</summary>
    public void Rename(string from, string to, JsonValue value, string reason)
    {
        JsonValue before = _config[from]!;
        _config = new JsonObject(
            _config.Members.Where(member => member.Key != to).Select(member => member.Key == from ? new KeyValuePair<string, JsonValue>(to, value) : member));
        _changes.Add(new RepairChange($"{from} -> {to}", JsonText.Show(before), JsonText.Show(value), reason));
    }

    /// <summary>Puts null in place of numbers that JSON has no form for.</summary>
    public void ClearNonFinite(FindingLog log)
    {
        JsonObject before = _config;
        _config = FiniteFields.Clear(before, log);
        foreach ((string field, JsonValue value) in before.Members.Where(member => !ReferenceEquals(member.Value, _config[member.Key])))
        {
            Record(field, value, _config[field], "JSON has no NaN and no infinity");
        }
    }

    private static JsonObject With(JsonObject config, string name, JsonValue value) => config.Contains(name)
        ? new JsonObject(config.Members.Select(member => member.Key == name ? new KeyValuePair<string, JsonValue>(name, value) : member))
        : new JsonObject(config.Members.Append(new KeyValuePair<string, JsonValue>(name, value)));

    private static JsonObject Without(JsonObject config, string name) => new(config.Members.Where(member => member.Key != name));

    private void Record(string field, JsonValue? before, JsonValue? after, string reason) =>
        _changes.Add(new RepairChange(field, JsonText.Show(before), JsonText.Show(after), reason));
}
