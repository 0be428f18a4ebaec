using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sinks;

/// <summary>A folder on disk, complete or absent.</summary>
/// <param name="path">The folder.</param>
/// <param name="options">Whether it may be replaced, and whether it must reach the disk.</param>
internal sealed class FolderAdapterSink(string path, AtomicFolderOptions options) : IAdapterSink
{
    private AtomicFolder? _folder;

    private AtomicFolder Folder => _folder ?? throw new InvalidOperationException("The sink was not begun.");

    public void Begin()
    {
        // A slip of --output must not cost a folder of something else.
        if (options.Overwrite && Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any()
            && !Directory.EnumerateFiles(path).Any(file => AdapterFiles.Marks(Path.GetFileName(file))))
        {
            throw new OutputTakenException(path, "is not empty and holds no adapter, so --overwrite does not replace it");
        }

        try
        {
            _folder = AtomicFolder.Create(path, options);
        }
        catch (AtomicFolderException taken)
        {
            throw new OutputTakenException(path, Reason(taken.Cause));
        }
    }

    public IByteSink Create(string fileName) => Folder.CreateFile(fileName);

    public void Commit() => Folder.Commit();

    public void Dispose() => _folder?.Dispose();

    private static string Reason(AtomicFolderError cause) => cause switch
    {
        AtomicFolderError.IsFile => "is a file",
        AtomicFolderError.IsLink => "is a link, which is never replaced",
        _ => "exists; --overwrite replaces it",
    };
}
