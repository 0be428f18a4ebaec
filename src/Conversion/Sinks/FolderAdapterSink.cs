using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sinks;

/// <summary>A folder on disk, complete or absent.</summary>
/// <param name="path">The folder.</param>
/// <param name="options">Whether it may be replaced, and whether it must reach the disk.</param>
internal sealed class FolderAdapterSink(string path, AtomicFolderOptions options) : IAdapterSink
{
    private AtomicFolder? _folder;

    public void Begin() => _folder = AtomicFolder.Create(path, options);

    public IByteSink Create(string fileName) => (_folder ?? throw new InvalidOperationException("The sink was not begun.")).CreateFile(fileName);

    public void Commit() => (_folder ?? throw new InvalidOperationException("The sink was not begun.")).Commit();

    public void Dispose() => _folder?.Dispose();
}
