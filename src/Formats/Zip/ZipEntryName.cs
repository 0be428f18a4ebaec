using System.Text;
using Transfuse.Formats.Files;

namespace Transfuse.Formats.Zip;

/// <summary>Decodes the names of entries and refuses those that could mean another file than they seem to.</summary>
internal static class ZipEntryName
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="bytes">The name in the archive.</param>
    /// <param name="utf8">Whether the entry is marked as UTF-8; other names must be ASCII, since their code page is unknown.</param>
    public static string Decode(ReadOnlySpan<byte> bytes, bool utf8)
    {
        string name;
        try
        {
            name = Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Unsafe(Encoding.Latin1.GetString(bytes), "is not UTF-8");
        }

        return Fault(name, utf8) is { } fault ? throw Unsafe(name, fault) : name;
    }

    private static string? Fault(string name, bool utf8)
    {
        if (!utf8 && !Ascii.IsValid(name))
        {
            return "is in an unknown code page";
        }

        if (name.AsSpan().ContainsAnyInRange('\0', '\x1f') || name.Contains('\\', StringComparison.Ordinal))
        {
            return "holds a control character or a backslash";
        }

        if (name.Length > 1 && name[1] == ':' && char.IsAsciiLetter(name[0]))
        {
            return "begins with a drive";
        }

        foreach (Range segment in name.AsSpan().Split('/'))
        {
            if (name.AsSpan()[segment] is "" or "." or "..")
            {
                return "is absolute, is a folder, or climbs out of its folder";
            }
        }

        return null;
    }

    private static ZipFormatException Unsafe(string name, string fault) =>
        new(ZipError.NameUnsafe, name, $"the entry name {QuotedName.Of(name)} {fault}");
}
