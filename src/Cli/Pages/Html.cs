using System.Globalization;
using System.Net;
using System.Text;
using Transfuse.Formats.Text;

namespace Transfuse.Cli.Pages;

/// <summary>HTML as it grows. What comes from files goes through <see cref="Text"/> only.</summary>
internal sealed class Html
{
    private readonly StringBuilder _text = new();

    /// <summary>Markup that the command itself states.</summary>
    public Html Raw(string markup)
    {
        _text.Append(markup);
        return this;
    }

    /// <summary>Text of any origin: escaped, and without what would reorder or hide it.</summary>
    public Html Text(string text)
    {
        _text.Append(Escape(text));
        return this;
    }

    /// <summary>An element that holds text.</summary>
    public Html Element(string name, string text) => Raw($"<{name}>").Text(text).Raw($"</{name.Split(' ')[0]}>\n");

    /// <summary>A number as people read it: three digits.</summary>
    public static string Short(double value) => value switch
    {
        0 => "0",
        _ when !double.IsFinite(value) => value.ToString(CultureInfo.InvariantCulture),
        _ when Math.Abs(value) is >= 0.01 and < 9999.5 => double.Parse(value.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
            .ToString(CultureInfo.InvariantCulture),
        _ => value.ToString("0.##e+0", CultureInfo.InvariantCulture),
    };

    /// <summary>A number with all its digits, for programs.</summary>
    public static string Exact(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Escapes text for content and for attributes in quotes.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(PrintableText.OneLine(text));

    /// <inheritdoc />
    public override string ToString() => _text.ToString();
}
