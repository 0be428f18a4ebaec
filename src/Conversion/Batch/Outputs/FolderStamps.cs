using System.Collections.Immutable;
using Transfuse.Conversion.Batch.Journal;

namespace Transfuse.Conversion.Batch.Outputs;

/// <summary>Hashes of the files of a folder that something else has written.</summary>
internal static class FolderStamps
{
    /// <summary>Reads them.</summary>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static ImmutableArray<FileStamp> Of(string folder) =>
        [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(path => InputFiles.Stamp(Path.GetFileName(path), path))];

    /// <summary>The hash of one file, as stamps have it.</summary>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static string HashOf(string path) => FileHash.Of(path);
}
