using Transfuse.Conversion.Dialects.Editing;
using Transfuse.Formats.Json;

namespace Transfuse.Conversion.Repair.Editing;

/// <summary>How a config file is laid out, so that a repaired one differs only where it was repaired.</summary>
/// <param name="Indent">Spaces per level.</param>
/// <param name="EndsWithNewline">Whether the file ends with a newline.</param>
internal sealed record ConfigLayout(int Indent, bool EndsWithNewline)
{
    private const int MostSpaces = 8;

    /// <summary>The layout of a file.</summary>
    /// <param name="text">The file.</param>
    /// <param name="otherwise">The indent where the file is one line, or empty.</param>
    public static ConfigLayout Of(ReadOnlySpan<byte> text, int otherwise)
    {
        int newline = text.IndexOf((byte)'\n');
        int spaces = newline < 0 ? 0 : text[(newline + 1)..].IndexOfAnyExcept((byte)' ');
        return new ConfigLayout(spaces is > 0 and <= MostSpaces ? spaces : otherwise, text.Length > 0 && text[^1] == (byte)'\n');
    }

    /// <summary>A config in this layout, fields in the order that they have.</summary>
    public byte[] Write(JsonObject config)
    {
        byte[] text = PythonJson.Write(config, new PythonJsonStyle(Indent, JsonKeyOrder.AsGiven));
        return EndsWithNewline ? [.. text, (byte)'\n'] : text;
    }

    /// <summary>The lines of a config in this layout; none where there is no config.</summary>
    public string[] Lines(JsonObject? config) => config is null ? [] : [.. JsonText.Lines(config, Indent)];
}
