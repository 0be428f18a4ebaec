using Transfuse.Formats.Files.Atomic;

namespace Transfuse.Formats.Files;

/// <summary>
/// One hidden folder with one lock, in which the new outputs of a run into one parent folder are made. Each then costs the file system what its own files
/// cost, where a hidden folder and a lock for each would double that. It holds nothing but what this run has made: what replaces something is moved into a
/// work folder of its own first. Safe for concurrent use.
/// </summary>
/// <seealso cref="AtomicFolderOptions.Share"/>
internal sealed class WorkFolderShare : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<string> _madeParents = [];
    private string? _parent;
    private WorkFolder? _work;
    private IFileOperations _operations = SystemFileOperations.Instance;
    private long _count;
    private bool _disposed;

    /// <summary>Removes what ended runs have left in a folder. What cannot be removed, or is not provably of this program, stays.</summary>
    /// <param name="parent">The folder that outputs lie in; it need not be there.</param>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static void Recover(string parent) => Recover(Path.GetFullPath(parent), SystemFileOperations.Instance);

    internal static void Recover(string parent, IFileOperations operations)
    {
        foreach ((_, WorkFolder? left) in WorkFolder.Leftovers(operations, WorkPlace.Shared(parent)))
        {
            left?.TryRemove(string.Empty);
        }
    }

    /// <summary>Makes an empty folder for an output.</summary>
    /// <param name="parent">
    /// Full path of the folder that the output is to appear in; it is made where it is missing, and removed at the end if it is empty.
    /// </param>
    /// <param name="operations">The operating system.</param>
    /// <returns>Its path, or <see langword="null"/> where the run's outputs lie in another folder.</returns>
    /// <exception cref="IOException">The operating system failed.</exception>
    internal string? NewFolder(string parent, IFileOperations operations)
    {
        string home;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if ((_parent ??= parent) != parent)
            {
                return null;
            }

            if (_work is null || operations.KindOf(_work.New) != EntryKind.Folder)
            {
                // Somebody may have taken the whole output away.
                _work?.Release();
                _work = null;
                _operations = operations;
                FolderParents.Make(operations, parent, _madeParents);
                Recover(parent, operations);
                _work = WorkFolder.Create(operations, WorkPlace.Shared(parent));
            }

            home = _work.New;
        }

        string folder = Path.Combine(home, Interlocked.Increment(ref _count).ToString("x", System.Globalization.CultureInfo.InvariantCulture));
        operations.CreateFolder(folder, isPrivate: false);
        return folder;
    }

    /// <summary>Removes the folder. Outputs that are not in place by then are gone.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _disposed = true;
                _work?.TryRemove(string.Empty);
                FolderParents.Remove(_operations, _madeParents);
            }
        }
    }
}
