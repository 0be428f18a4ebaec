using Transfuse.Conversion.Sources.Faults;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sinks;

/// <summary>Places to write adapters to.</summary>
/// <example>
/// <code>
/// using IAdapterSink folder = AdapterSink.Folder("adapters/llama-mlx");
/// </code>
/// </example>
public static class AdapterSink
{
    /// <summary>A folder that appears complete or not at all.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="options">Whether it may be replaced, and whether it must reach the disk.</param>
    /// <param name="retries">Told of writes that failed for a moment and were repeated; <see langword="null"/> for nobody.</param>
    public static IAdapterSink Folder(string path, AtomicFolderOptions? options = null, RetryLog? retries = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new FolderAdapterSink(path, options ?? new AtomicFolderOptions(), retries);
    }
}
