using System.Globalization;

namespace Transfuse.Formats.Json;

/// <summary>A number, kept as its text; also <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c>, which Python writes.</summary>
/// <seealso cref="Transfuse.Formats.Json.JsonObject" />
public sealed class JsonNumber : JsonValue
{
    // Ranks and extents of small factors, of which a report has tens of thousands.
    private const int SharedNumbers = 1024;

    private static readonly JsonNumber?[] Shared = new JsonNumber?[SharedNumbers];

    internal JsonNumber(string text) => Text = text;

    /// <summary>The text as it stood in the file, such as <c>2e-05</c> or <c>8.0</c>.</summary>
    public string Text { get; }

    /// <inheritdoc />
    public override string Kind => "the number " + Text;

    /// <summary>The value; not a number and infinite for the three special texts, and infinite where the text is beyond double.</summary>
    public double Value => Text switch
    {
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        _ => double.Parse(Text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    /// <summary>Whether the text has no point and no exponent, as Python writes an <c>int</c>.</summary>
    public bool IsIntegerText => Text.All(character => char.IsAsciiDigit(character) || character == '-');

    /// <summary>A number from an integer.</summary>
    public static JsonNumber Of(long value) => value is >= 0 and < SharedNumbers
        ? Shared[value] ??= new JsonNumber(value.ToString(CultureInfo.InvariantCulture))
        : new JsonNumber(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>
    /// A number from a finite double, in the shortest form that reads back the same, with a point or an exponent, as Python writes a <c>float</c>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not finite: JSON has no form for it.</exception>
    public static JsonNumber Of(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, "Only finite numbers are written.");
        }

        return new JsonNumber(PythonNumberText.OfDouble(value));
    }

    /// <summary>The value as an integer, also from an integral float such as <c>8.0</c>.</summary>
    public bool TryGetInteger(out long value)
    {
        if (IsIntegerText)
        {
            return long.TryParse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
        }

        double number = Value;
        bool integral = double.IsInteger(number) && Math.Abs(number) <= 1L << 53;
        value = integral ? (long)number : 0;
        return integral;
    }
}
