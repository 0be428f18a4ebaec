using Transfuse.Conversion.Sources.Faults;
using Transfuse.Conversion.Sources.Hub;

namespace Transfuse.Conversion.Sources;

/// <summary>Opens adapters. The dialect is detected from the content, never from the place.</summary>
/// <example>
/// <code>
/// using IAdapterSource folder = AdapterSource.Open("adapters/llama");
/// using IAdapterSource memory = AdapterSource.FromMemory(
///     "upload", new Dictionary&lt;string, ReadOnlyMemory&lt;byte&gt;&gt; { ["adapter_config.json"] = "{}"u8.ToArray() });
/// </code>
/// </example>
public static class AdapterSource
{
    /// <summary>Opens a folder, one weights file with the config beside it, or an adapter on a hub, which is brought into the cache.</summary>
    /// <param name="path">A folder, an <c>adapter_config.json</c> a weights file, or an id of a hub (<see cref="HubId"/>).</param>
    /// <exception cref="FileNotFoundException">Nothing is there.</exception>
    /// <exception cref="HubException">The hub does not give it.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static IAdapterSource Open(string path) => Open(path, null);

    /// <summary>Opens an adapter. See <see cref="Open(string)"/>.</summary>
    /// <param name="path">A folder, an <c>adapter_config.json</c>, a weights file, or an id of a hub.</param>
    /// <param name="retries">Told of what failed for a moment and was tried again; <see langword="null"/> for nobody.</param>
    public static IAdapterSource Open(string path, RetryLog? retries) => Open(path, retries, null, takesAll: false);

    /// <summary>Opens an adapter. See <see cref="Open(string)"/>.</summary>
    /// <param name="path">A folder, an <c>adapter_config.json</c>, a weights file, or an id of a hub.</param>
    /// <param name="retries">Told of what failed for a moment and was tried again; <see langword="null"/> for nobody.</param>
    /// <param name="held">Files of it that were read already, by their full paths; <see langword="null"/> for none.</param>
    /// <param name="takesAll">Whether the files beside it are wanted too, so that they come from a hub with it.</param>
    internal static IAdapterSource Open(string path, RetryLog? retries, HeldFiles? held, bool takesAll)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (HubId.Parse(path) is { } id)
        {
            return new FolderAdapterSource(HubFolders.Fetch(id, retries, takesAll), retries: retries, name: path, held: held);
        }

        if (Directory.Exists(path))
        {
            return new FolderAdapterSource(path, retries: retries, held: held);
        }

        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"'{path}' does not exist.{HubId.Hint(path)}", path);
        }

        string file = Path.GetFileName(path);
        string folder = Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".";
        return file == AdapterFiles.Config
            ? new FolderAdapterSource(folder, retries: retries, held: held)
            : new FolderAdapterSource(folder, name => name == file || name == AdapterFiles.Config, retries: retries, held: held);
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
