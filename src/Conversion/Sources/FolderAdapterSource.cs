using System.Collections.Immutable;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sources;

/// <summary>A folder on disk; optionally only some of its files.</summary>
internal sealed class FolderAdapterSource : IAdapterSource, INestedSource
{
    private readonly string _folder;
    private readonly List<IDisposable> _opened = [];

    public FolderAdapterSource(string folder, Func<string, bool>? only = null)
    {
        _folder = Path.GetFullPath(folder);
        Name = folder;
        FileNames =
        [
            .. Directory.EnumerateFiles(_folder).Select(path => Path.GetFileName(path)!)
                .Where(name => only is null || only(name)).Order(StringComparer.Ordinal),
        ];
        NestedAdapters = only is not null
            ? []
            : [.. Directory.EnumerateDirectories(_folder).Where(HoldsAdapter).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
    }

    public string Name { get; }

    public ImmutableArray<string> FileNames { get; }

    public ImmutableArray<string> NestedAdapters { get; }

    public IByteSource Open(string fileName)
    {
        var source = new FileByteSource(Path.Combine(_folder, fileName));
        _opened.Add(source);
        return source;
    }

    public IAdapterSource OpenNested(string folderName)
    {
        var nested = new FolderAdapterSource(Path.Combine(Name, folderName));
        _opened.Add(nested);
        return nested;
    }

    public IAdapterSource? OpenParent()
    {
        if (Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(_folder)) is not { } parent || !File.Exists(Path.Combine(parent, AdapterFiles.Config)))
        {
            return null;
        }

        var source = new FolderAdapterSource(parent);
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

    private static bool HoldsAdapter(string folder) =>
        !Path.GetFileName(folder)!.StartsWith('.') && Directory.EnumerateFiles(folder).Any(path => AdapterFiles.Marks(Path.GetFileName(path)!));
}
