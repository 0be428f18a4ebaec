using System.Globalization;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Configs;

namespace Transfuse.Metadata.Mlx;

/// <summary>
/// A number in an MLX config, and how it stands there. MLX's readers take numbers only; a number in a string, or with a needless point, still tells its value.
/// </summary>
/// <param name="Field">The field, such as <c>lora_parameters.scale</c>.</param>
/// <param name="Json">What stands there; <see langword="null"/> where nothing does.</param>
/// <param name="Value">The value, always finite; <see langword="null"/> where there is none that can be used.</param>
internal sealed record MlxNumber(string Field, JsonValue? Json, double? Value)
{
    /// <summary>Whether nothing is there, or null.</summary>
    public bool IsMissing => Json is null or JsonNull;

    /// <summary>Whether the number stands in a string.</summary>
    public bool IsText => Value is not null && Json is JsonString;

    /// <summary>Whether the number is an integer that is written with a point or an exponent.</summary>
    public bool IsIntegralFloat => Json is JsonNumber { IsIntegerText: false } && Value is { } value && double.IsInteger(value);

    /// <summary>The value as an integer, or <see langword="null"/> where it is none that fits 32 bits.</summary>
    public long? AsInteger => Value is { } value && double.IsInteger(value) && Math.Abs(value) <= int.MaxValue ? (long)value : null;

    /// <summary>What stands there, as findings print it.</summary>
    public string Shown => Json is null ? "missing" : ConfigFields.Show(Json);

    /// <summary>Reads a field.</summary>
    /// <param name="config">The config.</param>
    /// <param name="field">A name, or <c>lora_parameters.name</c>.</param>
    public static MlxNumber Read(JsonObject config, string field)
    {
        JsonValue? json = field.Split('.') is [string outer, string inner] ? (config[outer] as JsonObject)?[inner] : config[field];
        return Of(field, json);
    }

    /// <summary>Reads a value.</summary>
    internal static MlxNumber Of(string field, JsonValue? json)
    {
        double? value = json switch
        {
            JsonNumber number => number.Value,
            JsonString text => Parse(text.Value),
            _ => null,
        };
        return new MlxNumber(field, json, value is { } number1 && double.IsFinite(number1) ? value : null);
    }

    /// <summary>A value as findings print it.</summary>
    internal static string Show(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static double? Parse(string text) =>
        text.Length <= 40 && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;
}
