using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Configs;

/// <summary>
/// Reads the fields of a config and reports what is odd about them. A field that is missing is not reported,
/// nor one that is <c>null</c> where the caller allows that.
/// </summary>
/// <param name="json">The config, or an object inside it.</param>
/// <param name="fileName">The config's name in findings.</param>
/// <param name="log">Takes the findings.</param>
/// <param name="parent">The field that the object is; <see langword="null"/> for the config itself.</param>
internal sealed class ConfigFields(JsonObject json, string fileName, FindingLog log, string? parent = null)
{
    private const int ShownLength = 100;

    /// <summary>The object whose fields are read.</summary>
    public JsonObject Json => json;

    /// <summary>Takes the findings.</summary>
    public FindingLog Log => log;

    /// <summary>What findings about a field are about, such as <c>adapter_config.json:r</c>.</summary>
    public ConfigPlace Subject(string name) => parent is null ? new(fileName, Shorten(name)) : new(fileName, parent, Shorten(name));

    /// <summary>The fields of an object that is a field; none where it is missing, null, or no object.</summary>
    public ConfigFields ReadFields(string name)
    {
        ReadObject(name, out JsonObject fields, nullable: true);
        return new ConfigFields(fields, fileName, log, name);
    }

    public FieldOutcome ReadInteger(string name, out long value, bool nullable = false) =>
        Report(name, JsonFields.ReadInteger(json[name], out value), "an integer", nullable);

    /// <summary>Reads an integer from <paramref name="min"/> up that fits 32 bits.</summary>
    public FieldOutcome ReadInteger(string name, int min, out int value, bool nullable = false)
    {
        FieldOutcome outcome = ReadInteger(name, out long wide, nullable);
        if (outcome.HasValue() && (wide < min || wide > int.MaxValue))
        {
            log.Add(ConfigCodes.OutOfRange.At(Subject(name), $"is {wide}, but {min} to {int.MaxValue} belongs there"));
            outcome = FieldOutcome.OutOfRange;
        }

        value = outcome.HasValue() ? (int)wide : 0;
        return outcome;
    }

    /// <summary>Reads a finite number.</summary>
    public FieldOutcome ReadNumber(string name, out double value, bool nullable = false) =>
        Report(name, JsonFields.ReadNumber(json[name], out value), "a finite number", nullable);

    public FieldOutcome ReadBoolean(string name, out bool value, bool nullable = false) =>
        Report(name, JsonFields.ReadBoolean(json[name], out value), "true or false", nullable);

    public FieldOutcome ReadString(string name, out string value, bool nullable = false) =>
        Report(name, JsonFields.ReadString(json[name], out value), "a string", nullable);

    public FieldOutcome ReadObject(string name, out JsonObject value, bool nullable = false) =>
        Report(name, JsonFields.ReadObject(json[name], out value), "an object", nullable);

    /// <summary>Reads a list of strings.</summary>
    public FieldOutcome ReadStrings(string name, out ImmutableArray<string> value, bool nullable = false) =>
        Report(name, JsonFields.ReadStrings(json[name], out value), "a list of strings", nullable);

    /// <summary>Reads a list of integers.</summary>
    public FieldOutcome ReadIntegers(string name, out ImmutableArray<long> value, bool nullable = false) =>
        Report(name, JsonFields.ReadIntegers(json[name], out value), "a list of integers", nullable);

    /// <summary>Reports a field whose value is of no type that belongs there.</summary>
    /// <param name="name">The field.</param>
    /// <param name="expected">What belongs there, such as "a string or a list of strings".</param>
    public void ReportWrongType(string name, string expected) => Report(name, FieldOutcome.WrongType, expected, nullable: true);

    /// <summary>A value as findings print it, at most some dozen characters of it.</summary>
    public static string Show(JsonValue value)
    {
        string text = value switch
        {
            JsonNumber number => number.Text,
            JsonString characters => $"the string \"{characters.Value}\"",
            JsonArray { Items.Length: 0 } => "an empty list",
            _ => value.Kind,
        };
        return Shorten(text);
    }

    /// <summary>A text as findings print it, at most some dozen characters of it.</summary>
    public static string Shorten(string text) => text.Length <= ShownLength ? text : text[..ShownLength] + "...";

    private FieldOutcome Report(string name, FieldOutcome outcome, string expected, bool nullable)
    {
        FindingCode? code = outcome switch
        {
            FieldOutcome.WrongType => ConfigCodes.WrongType,
            FieldOutcome.Null when !nullable => ConfigCodes.WrongType,
            FieldOutcome.NotFinite => ConfigCodes.NotFinite,
            FieldOutcome.OutOfRange => ConfigCodes.OutOfRange,
            FieldOutcome.IntegralFloat => ConfigCodes.IntegralFloat,
            FieldOutcome.BooleanAsNumber => ConfigCodes.BooleanAsNumber,
            _ => null,
        };
        if (code is not null)
        {
            string ending = outcome.HasValue() ? "; it is taken as that" : string.Empty;
            log.Add(code.At(Subject(name), $"is {Show(json[name]!)}, but {expected} belongs there{ending}"));
        }

        return outcome;
    }
}
