using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Sources.Faults;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sinks;

/// <summary>A folder on disk, complete or absent.</summary>
/// <param name="path">The folder.</param>
/// <param name="options">Whether its adapter may be replaced, whether it must reach the disk, and what else must outlive it.</param>
/// <param name="retries">Told of writes that were repeated; <see langword="null"/> for nobody.</param>
internal sealed class FolderAdapterSink(string path, AtomicFolderOptions options, RetryLog? retries = null) : IAdapterSink
{
    private AtomicFolder? _folder;

    public IReadOnlyList<FolderRecovery> Recoveries { get; private set; } = [];

    private AtomicFolder Folder => _folder ?? throw new InvalidOperationException("The sink was not begun.");

    public void Begin(AdapterInputs inputs)
    {
        // What an interrupted run had taken away is back before its place is looked at; without leave to replace, to begin does it.
        IReadOnlyList<FolderRecovery> before = options.Overwrite ? AtomicFolder.Recover(path, options.Scan) : [];

        // A slip of --output must not put an adapter into a folder of something else.
        if (options.Overwrite && Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any()
            && !Directory.EnumerateFiles(path).Any(file => AdapterFiles.Marks(Path.GetFileName(file))))
        {
            throw new OutputTakenException(path, "is not empty and holds no adapter, so --overwrite does not replace it");
        }

        try
        {
            _folder = AtomicFolder.Create(path, options with
            {
                IsReplaced = AdapterFiles.AreReplaced,
                Sources = [.. options.Sources, .. inputs.Sources],
                Inputs = [.. options.Inputs, .. inputs.Kept],
                Permissions = inputs.Permissions,
            });
            Recoveries = [.. before.Where(recovery => recovery.Outcome is RecoveryOutcome.Finished or RecoveryOutcome.Removed), .. _folder.Recoveries];
        }
        catch (AtomicFolderException taken)
        {
            throw OutputTakenException.Of(taken, path);
        }
    }

    public bool Keeps(string fileName, IByteSource wanted, out bool isEqual)
    {
        isEqual = false;
        if (!Folder.Keeps(fileName))
        {
            return false;
        }

        string kept = Path.Combine(Folder.Destination, fileName);
        if (FileStatus.OfTarget(kept).Kind == EntryKind.File)
        {
            using var file = new FileByteSource(kept);
            isEqual = ByteComparison.AreEqual(file, wanted);
        }

        return true;
    }

    public IByteSink Create(string fileName, UnixFileMode? permissions) =>
        new RetryingByteSink(Path.Combine(path, fileName), Folder.CreateFile(fileName, permissions), FaultPipeline.Files, retries);

    public void Commit()
    {
        try
        {
            Folder.Commit();
        }
        catch (AtomicFolderException taken)
        {
            throw OutputTakenException.Of(taken, path);
        }
    }

    public void Dispose() => _folder?.Dispose();
}
