using System.Security.Cryptography;
using System.Text;

namespace Transfuse.Formats.Files.Atomic;

/// <summary>Where work folders for one output lie, and what they are called: <c>.NAME.SYSTEM-PROCESS-START-RANDOM.tmp</c>.</summary>
/// <param name="Parent">The folder that they lie in.</param>
/// <param name="Name">The output's name.</param>
/// <param name="Purpose">What is made.</param>
internal sealed record WorkPlace(string Parent, string Name, string Purpose)
{
    private const string Suffix = ".tmp";
    private const int HashDigits = 8;
    private const int RandomDigits = 8;

    // The longest name of common file systems, in bytes, less what stands around the output's name.
    private const int LongestName = 255 - 64;

    /// <summary>For a folder that is put in place whole.</summary>
    public static WorkPlace OfFolder(string destination) => Beside(destination, "folder");

    /// <summary>For a file that is put in place whole.</summary>
    public static WorkPlace OfFile(string destination, string parent) => new(parent, Path.GetFileName(destination), "file");

    /// <summary>For files that are replaced within a folder: it lies in the folder itself, so that it moves with it and needs no rights elsewhere.</summary>
    public static WorkPlace InFolder(string folder) => new(folder, "transfuse-edit", "edit");

    /// <summary>For the new folders of one run, which are made in one place.</summary>
    public static WorkPlace Shared(string parent) => new(parent, "transfuse-batch", "batch");

    /// <summary>What the names of work folders for this output begin with. A long name is hashed, so that what stands around it has room.</summary>
    public string Prefix => Encoding.UTF8.GetByteCount(Name) <= LongestName
        ? $".{Name}."
        : $".{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Name)))[..32]}.";

    public string NewName(ProcessMark process) =>
        $"{Prefix}{process.SystemHash}-{process.Id:x}-{process.Started:x}-{$"{Guid.NewGuid():n}"[..RandomDigits]}{Suffix}";

    /// <summary>Whose the work folder of this name is; <see langword="null"/> where it is no such name.</summary>
    public (string SystemHash, int Process, long Started)? Parse(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal) && name.Length >= Prefix.Length + Suffix.Length
            ? ParseToken(name[Prefix.Length..^Suffix.Length])
            : null;

    /// <summary>Whether a name could be that of a work folder for any output.</summary>
    public static bool IsWorkName(ReadOnlySpan<char> name)
    {
        if (name.Length <= Suffix.Length || !name.StartsWith(".") || !name.EndsWith(Suffix))
        {
            return false;
        }

        ReadOnlySpan<char> inner = name[1..^Suffix.Length];
        int dot = inner.LastIndexOf('.');
        return dot > 0 && ParseToken(inner[(dot + 1)..].ToString()) is not null;
    }

    private static WorkPlace Beside(string destination, string purpose) => new(Path.GetDirectoryName(destination)!, Path.GetFileName(destination), purpose);

    private static (string SystemHash, int Process, long Started)? ParseToken(string token) =>
        token.Split('-') is [{ Length: HashDigits } system, var process, var started, { Length: RandomDigits } random]
            && IsHex(system)
            && IsHex(process)
            && IsHex(started)
            && IsHex(random)
&& int.TryParse(process, System.Globalization.NumberStyles.AllowHexSpecifier, null, out int id)
            && long.TryParse(started, System.Globalization.NumberStyles.AllowHexSpecifier, null, out long start)
            ? (system, id, start)
            : null;

    private static bool IsHex(string text) => text.All(char.IsAsciiHexDigitLower);
}
