using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Transfuse.Metadata.Peft;

/// <summary>
/// The version of PEFT that wrote a config (field <c>peft_version</c>, since 0.18.0), such as <c>0.20.0</c>, <c>0.20.1.dev0@abc</c> or <c>0.21.0@UNKNOWN</c>.
/// </summary>
internal sealed record PeftVersion
{
    private PeftVersion(string text, int major, int minor, int patch, string suffix)
    {
        Text = text;
        Major = major;
        Minor = minor;
        Patch = patch;
        Suffix = suffix;
    }

    /// <summary>The version as it was written.</summary>
    public string Text { get; }

    /// <summary>First number.</summary>
    public int Major { get; }

    /// <summary>Second number.</summary>
    public int Minor { get; }

    /// <summary>Third number; 0 where there is none.</summary>
    public int Patch { get; }

    /// <summary>What follows the numbers, such as <c>.dev0</c> or <c>rc1</c>; empty for a release.</summary>
    public string Suffix { get; }

    /// <summary>
    /// Whether the numbers are at least these; a suffix does not count. PEFT counts the patch number up for development, so <c>0.19.2.dev0</c> may hold
    /// anything up to 0.20.0.
    /// </summary>
    public bool IsAtLeast(int major, int minor, int patch = 0) => (Major, Minor, Patch).CompareTo((major, minor, patch)) >= 0;

    /// <summary>Reads a version.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out PeftVersion? version)
    {
        version = null;
        int at = text.IndexOf('@', StringComparison.Ordinal);
        string numbers = at < 0 ? text : text[..at];
        Span<int> parts = [0, 0, 0];
        int position = 0;
        int count = 0;
        while (count < parts.Length)
        {
            int digits = numbers.AsSpan(position).IndexOfAnyExceptInRange('0', '9');
            int end = digits < 0 ? numbers.Length : position + digits;
            if (!int.TryParse(numbers.AsSpan(position, end - position), NumberStyles.None, CultureInfo.InvariantCulture, out parts[count]))
            {
                return false;
            }

            count++;
            position = end;
            if (position + 1 >= numbers.Length || numbers[position] != '.' || !char.IsAsciiDigit(numbers[position + 1]))
            {
                break;
            }

            position += count < parts.Length ? 1 : 0;
        }

        string suffix = numbers[position..];
        if (count < 2 || !suffix.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '+' or '-' or '_'))
        {
            return false;
        }

        version = new PeftVersion(text, parts[0], parts[1], parts[2], suffix);
        return true;
    }

    /// <inheritdoc />
    public override string ToString() => Text;
}
