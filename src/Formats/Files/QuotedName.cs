using Transfuse.Formats.Text;

namespace Transfuse.Formats.Files;

/// <summary>
/// Names from strangers' files, made fit for a line of a message: characters that would break or reorder the line are escaped, and a long name is cut.
/// </summary>
internal static class QuotedName
{
    private const int MaxLength = 200;

    public static string Of(string name) => $"'{Bare(name)}'";

    /// <summary>The name without quotes.</summary>
    public static string Bare(string name) => name.Length <= MaxLength
        ? PrintableText.OneLine(name)
        : PrintableText.OneLine(name[..(char.IsHighSurrogate(name[MaxLength - 1]) ? MaxLength - 1 : MaxLength)]) + "...";
}
