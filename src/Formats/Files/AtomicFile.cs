using Transfuse.Formats.Files.Atomic;

namespace Transfuse.Formats.Files;

/// <summary>
/// A file that appears whole or not at all, over another if one is there. It is made in a hidden folder beside it; disposing without <see cref="Commit"/>
/// leaves no trace.
/// </summary>
internal sealed class AtomicFile : IDisposable
{
    private readonly IFileOperations _operations;
    private readonly WorkFolder _work;
    private readonly FileByteSink _file;
    private long _length;
    private bool _ended;

    private AtomicFile(string path, string parent, IFileOperations operations)
    {
        FilePath = path;
        _operations = operations;
        WorkPlace place = WorkPlace.OfFile(path, parent);
        foreach ((_, WorkFolder? left) in WorkFolder.Leftovers(operations, place))
        {
            left?.TryRemove(string.Empty);
        }

        _work = WorkFolder.Create(operations, place);
        try
        {
            _file = operations.CreateFile(Staged, FileStatus.Of(path).Permissions);
        }
        catch
        {
            _work.TryRemove(string.Empty);
            throw;
        }
    }

    /// <summary>Full path of the file that is to appear.</summary>
    public string FilePath { get; }

    /// <summary>Where a writer that knows positions writes, in place of <see cref="Append"/>.</summary>
    public IByteSink Content => _file;

    private string Staged => Path.Combine(_work.New, "file");

    /// <summary>Begins a file. First clears away what ended processes left for the same one.</summary>
    /// <param name="path">Where it is to appear. What a link leads to is replaced, not the link.</param>
    /// <param name="within">A folder on the way to it that exists, where its own folder does not yet; <see langword="null"/> where its own does.</param>
    /// <exception cref="FileKindException">A folder, FIFO, socket or device is there.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The operating system forbids it.</exception>
    public static AtomicFile Create(string path, string? within = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = FileStatus.RealPath(path);
        if (FileStatus.OfTarget(full).Kind is var kind and not (EntryKind.Missing or EntryKind.File))
        {
            throw new FileKindException(full, kind);
        }

        string parent = Path.GetFullPath(within ?? Path.GetDirectoryName(full) ?? full);
        return Directory.Exists(parent)
            ? new AtomicFile(full, parent, SystemFileOperations.Instance)
            : throw new DirectoryNotFoundException($"Could not find a part of the path '{full}'.");
    }

    /// <summary>Writes what comes next in the file.</summary>
    /// <exception cref="IOException">The operating system failed; what was there is as it was.</exception>
    public void Append(ReadOnlySpan<byte> content)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        _file.Write(_length, content);
        _length += content.Length;
    }

    /// <summary>Puts the file into place.</summary>
    /// <param name="replaces">Whether over another one; if not, one that is there is an <see cref="IOException"/>.</param>
    /// <exception cref="IOException">The operating system failed; what was there is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">The operating system forbids it; what was there is as it was.</exception>
    public void Commit(bool replaces = true)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        _file.Dispose();
        if (replaces)
        {
            _operations.Replace(Staged, FilePath);
        }
        else
        {
            _operations.Move(Staged, FilePath);
        }

        Dispose();
    }

    /// <summary>Removes the file unless it was committed.</summary>
    public void Dispose()
    {
        if (!_ended)
        {
            _ended = true;
            _file.Dispose();
            _work.TryRemove(string.Empty);
        }
    }
}
