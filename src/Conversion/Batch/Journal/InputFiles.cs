using System.Collections.Immutable;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Batch.Journal;

/// <summary>The files that an input's outcome depends on, and whether they have changed.</summary>
internal static class InputFiles
{
    // A file that is changed again this shortly after it was looked at may keep its time of change: by the clock of common disks, and of those that count
    // seconds.
    private const long Close = TimeSpan.TicksPerMillisecond * 50;
    private const long CloseInSeconds = TimeSpan.TicksPerSecond * 2;

    /// <summary>Full paths of the files of an input, by the names that stamps have.</summary>
    /// <param name="path">A folder or a file.</param>
    /// <param name="takesAll">Whether files beside the adapter count too, as they do where they are copied.</param>
    public static IReadOnlyDictionary<string, string> Of(string path, bool takesAll)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        path = Path.GetFullPath(path);
        if (File.Exists(path))
        {
            string folder = Path.GetDirectoryName(path)!;
            foreach (string name in (string[])[Path.GetFileName(path), AdapterFiles.Config])
            {
                if (File.Exists(Path.Combine(folder, name)))
                {
                    files[name] = Path.Combine(folder, name);
                }
            }
        }
        else if (Directory.Exists(path))
        {
            foreach (string folder in Add(files, path, string.Empty, takesAll).Where(HoldsAdapter))
            {
                Add(files, folder, Path.GetFileName(folder) + "/", takesAll: false);
            }
        }

        return files;
    }

    /// <summary>Reads the files.</summary>
    /// <param name="files">Their paths, by name.</param>
    /// <param name="held">Keeps those that are small; <see langword="null"/> to keep none.</param>
    public static ImmutableArray<FileStamp> Stamp(IReadOnlyDictionary<string, string> files, HeldFiles? held = null) =>
        [.. files.Select(file => Stamp(file.Key, file.Value, held))];

    /// <summary>Reads one file.</summary>
    public static FileStamp Stamp(string name, string path, HeldFiles? held = null)
    {
        using var file = new FileByteSource(path);

        // The time before the content: a change in between shows.
        long modified = file.Modified.Ticks;
        return new FileStamp(name, file.Length, modified, held is not null && held.TryRead(file, out ReadOnlySpan<byte> bytes)
            ? FileHash.OfBytes(bytes) : FileHash.Of(file));
    }

    /// <summary>Whether files are as they were stamped: by size and time, else by their content.</summary>
    /// <param name="stamps">As they were.</param>
    /// <param name="files">As they are.</param>
    /// <param name="stampedAt">
    /// When they were stamped, in ticks; a file changed shortly before is read again. <see langword="null"/> where that cannot matter.
    /// </param>
    public static bool AreUnchanged(ImmutableArray<FileStamp> stamps, IReadOnlyDictionary<string, string> files, long? stampedAt)
    {
        if (stamps.Length != files.Count)
        {
            return false;
        }

        foreach (FileStamp stamp in stamps)
        {
            if (!files.TryGetValue(stamp.Name, out string? path) || Target(path) is not { Exists: true } info || info.Length != stamp.Bytes)
            {
                return false;
            }

            bool isSettled = info.LastWriteTimeUtc.Ticks == stamp.Modified && (stampedAt is not { } at || at - stamp.Modified > Resolution(stamp.Modified));
            if (!isSettled && FileHash.Of(path) != stamp.Hash)
            {
                return false;
            }
        }

        return true;
    }

    private static long Resolution(long modified) => modified % TimeSpan.TicksPerSecond == 0 ? CloseInSeconds : Close;

    private static FileInfo Target(string path)
    {
        var info = new FileInfo(path);
        return info.LinkTarget is null ? info : info.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? info;
    }

    // Returns the folders in the folder.
    private static string[] Add(SortedDictionary<string, string> files, string folder, string prefix, bool takesAll)
    {
        FolderEntries entries;
        try
        {
            entries = FolderEntries.Of(folder);
        }
        catch (UnauthorizedAccessException)
        {
            return [];
        }

        foreach (string path in entries.Files.Where(path => takesAll || AdapterFiles.Marks(Path.GetFileName(path))
            || SourceFiles.IsWeights(Path.GetFileName(path))))
        {
            if (FileStatus.OfTarget(path).Kind == EntryKind.File)
            {
                files[prefix + Path.GetFileName(path)] = path;
            }
        }

        return entries.Folders;
    }

    private static bool HoldsAdapter(string folder)
    {
        string name = Path.GetFileName(folder);
        if (name.StartsWith('.') || AdapterFiles.IsTrainerCheckpoint(name))
        {
            return false;
        }

        try
        {
            return Directory.EnumerateFiles(folder).Any(path => AdapterFiles.Marks(Path.GetFileName(path)));
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
