using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Support;

/// <summary>Folders with copies of a recorded adapter, and what came of them.</summary>
public static class AdapterRuns
{
    /// <summary>Makes copies that are called by their number.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="count">How many.</param>
    /// <param name="format">How the number is written.</param>
    public static void Fill(string folder, int count, string format = "d2")
    {
        for (int i = 0; i < count; i++)
        {
            string copy = Directory.CreateDirectory(Path.Combine(folder, i.ToString(format, System.Globalization.CultureInfo.InvariantCulture))).FullName;
            foreach (string file in Directory.GetFiles(Fixtures.Case("llama_qv").AdapterFolder))
            {
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            }
        }
    }

    /// <summary>Everything in a folder but the journals, hidden things too: what an ended process left would show.</summary>
    public static string[] Contents(string folder) =>
    [
        .. Directory.EnumerateFileSystemEntries(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
            .Where(path => !IsJournal(path))
            .Select(path => $"{Path.GetRelativePath(folder, path)} {(Directory.Exists(path) ? "folder" : Hash(path))}")
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The journals of an output folder.</summary>
    public static string[] Journals(string folder) => [.. Directory.GetFiles(folder, ".*").Where(IsJournal).Order(StringComparer.Ordinal)];

    private static bool IsJournal(string path) => Path.GetFileName(path).StartsWith(".transfuse.", StringComparison.Ordinal);

    private static string Hash(string path) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)));
}
