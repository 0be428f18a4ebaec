using System.Collections.Immutable;
using Transfuse.Conversion.Sources.Faults;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sources;

/// <summary>A folder on disk; optionally only some of its files.</summary>
internal sealed class FolderAdapterSource : IAdapterSource, INestedSource
{
    private readonly Func<string, bool>? _only;
    private readonly Func<string, IEnumerable<string>> _list;
    private readonly RetryLog? _retries;
    private readonly HeldFiles? _held;
    private readonly List<IDisposable> _opened = [];

    /// <param name="folder">The folder.</param>
    /// <param name="only">Which of its files count; <see langword="null"/> for all, and its folders.</param>
    /// <param name="list">Lists the files of a folder in it; <see langword="null"/> for what the system says.</param>
    /// <param name="retries">Told of reads that were repeated; <see langword="null"/> for nobody.</param>
    /// <param name="name">What to call it in messages; <see langword="null"/> for the folder.</param>
    /// <param name="held">Files that were read already; <see langword="null"/> for none.</param>
    public FolderAdapterSource(
        string folder, Func<string, bool>? only = null, Func<string, IEnumerable<string>>? list = null, RetryLog? retries = null, string? name = null,
        HeldFiles? held = null)
    {
        _retries = retries;
        _held = held;
        _list = list ?? Directory.EnumerateFiles;
        Folder = Path.GetFullPath(folder);
        Name = name ?? folder;
        _only = only;
        Refresh();
    }

    public string Name { get; }

    /// <summary>Full path of the folder.</summary>
    public string Folder { get; }

    public ImmutableArray<string> FileNames { get; private set; }

    public ImmutableArray<string> NestedAdapters { get; private set; }

    public ImmutableArray<string> UnreadableFolders { get; private set; }

    /// <summary>Full paths of the folders in it where files are being replaced, or were when a run was interrupted.</summary>
    public IEnumerable<string> FoldersInWork =>
        Directory.EnumerateDirectories(Folder).Where(path => !AtomicFolder.IsWorkName(Path.GetFileName(path)) && FolderEdit.IsBegun(path));

    public bool IsUnfinished => FolderEdit.IsUnfinished(Folder);

    /// <summary>Looks again at what is in the folder.</summary>
    public void Refresh()
    {
        var entries = FolderEntries.Of(Folder);
        FileNames = [.. entries.Files.Select(path => Path.GetFileName(path)).Where(name => _only is null || _only(name))];
        ILookup<bool?, string> folders = (_only is not null ? [] : entries.Folders).ToLookup(HoldsAdapter, path => Path.GetFileName(path));
        NestedAdapters = [.. folders[true]];
        UnreadableFolders = [.. folders[null]];
    }

    public UnixFileMode? Permissions(string fileName) => FileStatus.OfTarget(Path.Combine(Folder, fileName)).Permissions;

    public string? WhyLeftOut(string fileName) => SideLink.WhyLeftOut(Folder, fileName);

    public IByteSource Open(string fileName)
    {
        string path = Path.Combine(Folder, fileName);
        IByteSource source = _held?.Find(path) ?? new RetryingByteSource(path, () => new FileByteSource(path), FaultPipeline.Files, _retries);
        _opened.Add(source);
        return source;
    }

    public IAdapterSource OpenNested(string folderName)
    {
        var nested = new FolderAdapterSource(Path.Combine(Folder, folderName), retries: _retries, name: Path.Combine(Name, folderName), held: _held);
        _opened.Add(nested);
        return nested;
    }

    public IAdapterSource? OpenParent()
    {
        if (Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Folder)) is not { } parent || !File.Exists(Path.Combine(parent, AdapterFiles.Config)))
        {
            return null;
        }

        var source = new FolderAdapterSource(parent, retries: _retries);
        _opened.Add(source);
        return source;
    }

    public void Dispose()
    {
        foreach (IDisposable opened in _opened)
        {
            opened.Dispose();
        }

        _opened.Clear();
    }

    // Null where nobody may look.
    private bool? HoldsAdapter(string folder)
    {
        if (Path.GetFileName(folder)!.StartsWith('.'))
        {
            return false;
        }

        try
        {
            return _list(folder).Any(path => AdapterFiles.Marks(Path.GetFileName(path)!));
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
