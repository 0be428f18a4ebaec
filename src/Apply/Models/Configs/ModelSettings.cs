using System.Collections.Immutable;
using Transfuse.Apply.Models.Expressions;
using Transfuse.Apply.Models.Table;
using Transfuse.Formats.Json;

namespace Transfuse.Apply.Models.Configs;

/// <summary>An entry of the table with the config of one model: every slot has a value, where it depends on it for one layer.</summary>
internal sealed class ModelSettings
{
    private const int MostLayers = 10_000;
    private const long LargestSize = 1 << 28;
    private static readonly HashSet<string> Dimensions = ["N", "H", "V", "nh", "nkv", "hd", "hdv", "F"];

    private readonly ImmutableDictionary<string, object?> _fields;
    private readonly Scope _scope;

    /// <summary>Reads a config.</summary>
    /// <param name="entry">The model type.</param>
    /// <param name="config">Its config, in mlx-lm's spelling: the part that describes the decoder.</param>
    /// <param name="weights">Names of the model's tensors.</param>
    /// <exception cref="ModelException">A field is missing or has no usable value.</exception>
    public ModelSettings(ModelEntry entry, JsonObject config, IReadOnlySet<string> weights)
    {
        Entry = entry;
        foreach (string field in entry.Required.Where(field => !config.Contains(field)))
        {
            throw new ModelException(ModelError.FieldMissing, field, $"is missing in config.json; {entry.ModelType} has no default for it");
        }

        ImmutableDictionary<string, object?> fields =
            entry.Defaults.Members.ToImmutableDictionary(field => field.Key, field => PythonValue.Of(field.Value), StringComparer.Ordinal);
        fields = config.Members.Where(field => entry.Reads(field.Key)).Aggregate(fields, (all, field) => all.SetItem(field.Key, PythonValue.Of(field.Value)));
        IEnumerable<string> own = weights.Where(name => name.StartsWith(entry.Prefix, StringComparison.Ordinal));
        _fields = fields.SetItem("weights", own.Select(name => name[entry.Prefix.Length..]).ToHashSet(StringComparer.Ordinal));
        _scope = new Scope(name => _fields.ContainsKey(name) || (Dimensions.Contains(name) && entry.Find("dims." + name) is not null), ValueOf);
        if (entry.Derived.Members.IsEmpty)
        {
            Layers = CountLayers();
            return;
        }

        // A config must not make lists longer than the model has tensors before anything is checked.
        if (fields.TryGetValue("num_hidden_layers", out object? given) && given is not null)
        {
            _ = Size(PythonValue.Number(given), "num_hidden_layers", MostLayers);
        }

        foreach ((string field, JsonValue expression) in entry.Derived.Members.Where(field => _fields.GetValueOrDefault(field.Key) is null))
        {
            _fields = _fields.SetItem(field, Evaluate("post_init." + field, null));
        }

        Layers = CountLayers();
    }

    /// <summary>The model type.</summary>
    public ModelEntry Entry { get; }

    /// <summary>Number of layers.</summary>
    public int Layers { get; }

    /// <summary>Number of blocks that are run: some types run their layers more than once.</summary>
    public int Blocks => checked(Layers * Size("block.passes", null, 1));

    /// <summary>The path of a layer; the last ones may stand under another name.</summary>
    public string LayerPath(int layer)
    {
        int first = Has("paths.tail") ? Size("paths.tail.first", null) : Layers;
        return layer < first
            ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Word("paths.layers")}.{layer}")
            : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Word("paths.tail.layers")}.{layer - first}");
    }

    /// <summary>A slot that holds a word; <c>cfg:field</c> gives the field's.</summary>
    public string? Word(string slot) => Entry.Word(slot) is { } word && word.StartsWith("cfg:", StringComparison.Ordinal)
        ? _fields.GetValueOrDefault(word[4..]) as string
        : Entry.Word(slot);

    /// <summary>Whether the entry has a slot.</summary>
    public bool Has(string slot) => Entry.Find(slot) is not null;

    /// <summary>A condition; <paramref name="absent"/> where the entry does not have the slot.</summary>
    public bool Is(string slot, int? layer, bool absent) => Has(slot) ? PythonValue.IsTrue(Evaluate(slot, layer)) : absent;

    /// <summary>A number.</summary>
    public float Number(string slot, int? layer)
    {
        try
        {
            double value = PythonValue.Number(Evaluate(slot, layer));
            return double.IsFinite(value) && float.IsFinite((float)value) ? (float)value : throw new ExpressionException($"{value} is not finite");
        }
        catch (ExpressionException broken)
        {
            throw Invalid(slot, broken);
        }
    }

    /// <summary>A number, or <paramref name="absent"/> where the slot is absent or null.</summary>
    public float Number(string slot, int? layer, float absent) => Has(slot) && Evaluate(slot, layer) is not null ? Number(slot, layer) : absent;

    /// <summary>A size: an integer from 1 to 2^28.</summary>
    public int Size(string slot, int? layer) => Size(Number(slot, layer), slot, LargestSize);

    /// <summary>A size, or <paramref name="absent"/> where the slot is absent, null or zero.</summary>
    public int Size(string slot, int? layer, int absent) =>
        Has(slot) && Evaluate(slot, layer) is { } value && PythonValue.IsTrue(value) ? Size(slot, layer) : absent;

    /// <summary>Any value.</summary>
    public object? Evaluate(string slot, int? layer)
    {
        try
        {
            Expression? expression = Entry.Expression(slot);
            return expression?.Invoke(layer is int index ? _scope.With("i", (long)index) : _scope);
        }
        catch (ExpressionException broken)
        {
            throw Invalid(slot, broken);
        }
    }

    /// <summary>A config field, with its default, or <see langword="null"/>.</summary>
    public object? Field(string name) => _fields.GetValueOrDefault(name);

    /// <summary>A config field that is a size.</summary>
    public int FieldSize(string name) => Field(name) is (long or double) and var value
        ? Size(PythonValue.Number(value), name, LargestSize)
        : throw new ModelException(ModelError.FieldInvalid, name, $"is {PythonValue.Describe(Field(name))}, which is no size");

    /// <summary>A config field that is a number.</summary>
    public float FieldNumber(string name) => Field(name) is (long or double) and var value && double.IsFinite(PythonValue.Number(value))
        ? (float)PythonValue.Number(value)
        : throw new ModelException(ModelError.FieldInvalid, name, $"is {PythonValue.Describe(Field(name))}, which is no number");

    private object? ValueOf(string name, Scope scope) =>
        _fields.TryGetValue(name, out object? value) ? value : Entry.Expression("dims." + name)!(scope);

    private int CountLayers() => Size(Number("dims.N", null), "dims.N", MostLayers);

    private static int Size(double value, string slot, long most) => double.IsInteger(value) && value >= 1 && value <= most
        ? (int)value
        : throw new ModelException(ModelError.FieldInvalid, slot, $"is {PythonValue.Describe(value)}; it must be an integer from 1 to {most}");

    private ModelException Invalid(string slot, ExpressionException broken) =>
        new(ModelError.FieldInvalid, slot, $"({Entry.Word(slot)}) has no value with this config.json: {broken.Message}");
}
