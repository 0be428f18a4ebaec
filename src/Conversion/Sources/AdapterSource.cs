using Transfuse.Conversion.Sources.Faults;

namespace Transfuse.Conversion.Sources;

/// <summary>Opens adapters. The dialect is detected from the content, never from the place.</summary>
public static class AdapterSource
{
    /// <summary>Opens a folder, or one weights file with the config beside it.</summary>
    /// <param name="path">A folder, an <c>adapter_config.json</c> or a weights file.</param>
    /// <param name="retries">Told of reads that failed for a moment and were repeated; <see langword="null"/> for nobody.</param>
    /// <exception cref="FileNotFoundException">Nothing is there.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static IAdapterSource Open(string path, RetryLog? retries = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            return new FolderAdapterSource(path, retries: retries);
        }

        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"'{path}' does not exist.{HubIds.Hint(path)}", path);
        }

        string file = Path.GetFileName(path);
        string folder = Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".";
        return file == AdapterFiles.Config
            ? new FolderAdapterSource(folder, retries: retries)
            : new FolderAdapterSource(folder, name => name == file || name == AdapterFiles.Config, retries: retries);
    }

    /// <summary>Whether a file of this name is an adapter's config or weights.</summary>
    public static bool IsAdapterFile(string fileName) => AdapterFiles.Marks(fileName);

    /// <summary>Opens an adapter whose files are in memory.</summary>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="files">File names, as in a folder, and their contents.</param>
    public static IAdapterSource FromMemory(string name, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(files);
        return new MemoryAdapterSource(name, files);
    }
}
