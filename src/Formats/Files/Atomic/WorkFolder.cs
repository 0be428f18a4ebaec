using System.Text;

namespace Transfuse.Formats.Files.Atomic;

/// <summary>
/// A hidden folder in which an output is made. It holds <c>new</c>, <c>old</c> while something is replaced in two renames, a list of names once something is
/// about to be replaced, and a lock that its process holds. It is taken over only where it can be shown that this program left it: its name tells a process of
/// this system that has ended, and its lock, which nobody holds and which was written whole, names the output, the process and the number that the file system
/// gave to this very folder, so that a copy proves nothing. A process that ended before its lock was whole left nothing but the beginning of that lock.
/// </summary>
internal sealed class WorkFolder
{
    private const string LockName = "transfuse.lock";
    private const string ListName = "names";
    private const string Partial = ".part";
    private const string Whole = "whole";
    private const int LongestLock = 4096;

    private readonly IFileOperations _operations;
    private IDisposable? _lock;

    private WorkFolder(IFileOperations operations, string path)
    {
        _operations = operations;
        Path = path;
        New = System.IO.Path.Combine(path, "new");
        Old = System.IO.Path.Combine(path, "old");
    }

    /// <summary>The folder itself.</summary>
    public string Path { get; }

    /// <summary>What becomes the output; after an exchange, what was there.</summary>
    public string New { get; }

    /// <summary>What was there, when it is replaced in two renames.</summary>
    public string Old { get; }

    private string LockPath => System.IO.Path.Combine(Path, LockName);

    private string ListPath => System.IO.Path.Combine(Path, ListName);

    /// <summary>Makes an empty one.</summary>
    public static WorkFolder Create(IFileOperations operations, WorkPlace place)
    {
        var work = new WorkFolder(operations, System.IO.Path.Combine(place.Parent, place.NewName(operations.Self)));
        operations.CreateFolder(work.Path, isPrivate: true);
        try
        {
            work._lock = operations.CreateLock(work.LockPath, LockOf(operations, place, work.Path, operations.Self.System));
            operations.CreateFolder(work.New, isPrivate: false);
            return work;
        }
        catch
        {
            work.TryRemove(string.Empty);
            throw;
        }
    }

    /// <summary>The folders that bear the name of work folders for a place; those that are provably ours, with nobody at work in them, are opened.</summary>
    public static IEnumerable<(string Path, WorkFolder? Opened)> Leftovers(IFileOperations operations, WorkPlace place, WorkFolderScan? scan = null)
    {
        foreach (string path in scan?.FoldersOf(place, operations) ?? operations.FoldersIn(place.Parent, place.Prefix))
        {
            if (place.Parse(System.IO.Path.GetFileName(path)) is not { } owner || IsAtWork(operations, owner))
            {
                continue;
            }

            (bool isOurs, WorkFolder? opened) = TryTakeOver(operations, place, path, owner);
            if (opened is not null || !isOurs)
            {
                yield return (path, opened);
            }
        }
    }

    /// <summary>
    /// Whether a folder is a work folder of this place with a list of names: something is being replaced, or was when its process ended. Locks are read and not
    /// taken.
    /// </summary>
    public static bool IsReplacing(IFileOperations operations, WorkPlace place, string path)
    {
        var work = new WorkFolder(operations, path);
        return place.Parse(System.IO.Path.GetFileName(path)) is not null && work.ReadList() is not null
            && IsLockOf(operations, place, path, operations.ReadStart(work.LockPath, LongestLock));
    }

    /// <summary>Writes the list of names, whole or not at all.</summary>
    public void WriteList(IEnumerable<string> names)
    {
        string partial = ListPath + Partial;
        using (FileByteSink file = _operations.CreateFile(partial, null))
        {
            file.Write(0, Encoding.UTF8.GetBytes(string.Concat(names.Append(Whole).Select(name => name + '\0'))));
            file.Flush();
        }

        _operations.Move(partial, ListPath);
    }

    /// <summary>The list of names; <see langword="null"/> where there is none.</summary>
    /// <exception cref="IOException">It is there, and not whole.</exception>
    public string[]? ReadList()
    {
        if (_operations.KindOf(ListPath) != EntryKind.File)
        {
            return null;
        }

        string[] names = Encoding.UTF8.GetString(_operations.ReadStart(ListPath, int.MaxValue)).Split('\0');
        return names is [.., Whole, ""] ? names[..^2] : throw new IOException($"'{ListPath}' is not whole.");
    }

    /// <summary>Takes the list back: what was to be replaced is as it was.</summary>
    public void DeleteList() => _operations.DeleteFile(ListPath);

    /// <summary>Lets the next run take it over, with all that is in it.</summary>
    public void Release() => _lock?.Dispose();

    /// <summary>
    /// Puts an interrupted swap to its end where the output is away, moves what is not to be replaced back to the output, and removes the rest.
    /// Never throws for the operating system's failures.
    /// </summary>
    public RecoveryOutcome Finish(string destination)
    {
        try
        {
            bool isInterrupted = IsSwapInterrupted(destination) && _operations.KindOf(New) == EntryKind.Folder;
            if (isInterrupted)
            {
                _operations.Move(New, destination);
            }

            return !TryRemove(destination) ? RecoveryOutcome.Failed : isInterrupted ? RecoveryOutcome.Finished : RecoveryOutcome.Removed;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _lock?.Dispose();
            return RecoveryOutcome.Failed;
        }
    }

    /// <summary>Removes everything, unless it holds the only copy of the output; <see langword="false"/> where something is left.</summary>
    public bool TryRemove(string destination)
    {
        try
        {
            if (IsSwapInterrupted(destination))
            {
                return false;
            }

            if (ReadList() is { } replaced)
            {
                var names = replaced.ToHashSet(StringComparer.Ordinal);
                MoveBack(New, destination, names);
                MoveBack(Old, destination, names);
                DeleteNamed(New, names);
                DeleteNamed(Old, names);
                _operations.DeleteFile(ListPath);
            }
            else
            {
                // Nothing here was ever anything else than this program's own files.
                _operations.DeleteTree(New);
                _operations.DeleteFile(ListPath + Partial);
            }

            _lock?.Dispose();
            _operations.DeleteFile(LockPath);
            _operations.DeleteEmptyFolder(Path);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
        finally
        {
            _lock?.Dispose();
        }
    }

    /// <summary>Moves what is in a folder of this one and not among the names to the output, unless something of the name is there.</summary>
    private void MoveBack(string folder, string destination, HashSet<string> names)
    {
        foreach (string path in _operations.EntriesIn(folder).Where(path => !names.Contains(System.IO.Path.GetFileName(path))))
        {
            string place = System.IO.Path.Combine(destination, System.IO.Path.GetFileName(path));
            if (_operations.KindOf(place) == EntryKind.Missing)
            {
                _operations.Move(path, place);
            }
        }
    }

    private void DeleteNamed(string folder, HashSet<string> names)
    {
        IReadOnlyList<string> entries = _operations.EntriesIn(folder);
        foreach (string path in entries.Where(path => names.Contains(System.IO.Path.GetFileName(path))))
        {
            _operations.DeleteFile(path);
        }

        if (_operations.KindOf(folder) == EntryKind.Folder)
        {
            _operations.DeleteEmptyFolder(folder);
        }
    }

    /// <summary>Whether the output was moved here and nothing has taken its place.</summary>
    private bool IsSwapInterrupted(string destination) =>
        destination.Length > 0 && _operations.KindOf(Old) != EntryKind.Missing && _operations.KindOf(destination) == EntryKind.Missing;

    private static bool IsAtWork(IFileOperations operations, (string SystemHash, int Process, long Started) owner) =>
        owner.SystemHash == operations.Self.SystemHash && !operations.HasEnded(owner.Process, owner.Started)
        && !(owner.Process == operations.Self.Id && owner.Started == operations.Self.Started);

    private static (bool IsOurs, WorkFolder? Opened) TryTakeOver(
        IFileOperations operations, WorkPlace place, string path, (string SystemHash, int Process, long Started) owner)
    {
        var work = new WorkFolder(operations, path);
        try
        {
            FileStatus status = FileStatus.Of(path);
            if (status.Kind != EntryKind.Folder || status.Owner != Native.NativeStatus.User())
            {
                return (false, null);
            }

            // Within one process a work folder without its whole lock may be another thread's, about to be locked.
            bool canBeBegun = owner.SystemHash == operations.Self.SystemHash && operations.HasEnded(owner.Process, owner.Started);
            EntryKind lockKind = operations.KindOf(work.LockPath);
            if (lockKind is not (EntryKind.Missing or EntryKind.File))
            {
                return (false, null);
            }

            if (lockKind == EntryKind.Missing)
            {
                // Its process ended before it made the lock, or after it deleted it. Where anything is in it, it is not ours.
                if (!canBeBegun || operations.EntriesIn(path).Count > 0)
                {
                    return (false, null);
                }

                operations.DeleteEmptyFolder(path);
                return (true, null);
            }

            byte[] content = new byte[LongestLock];
            work._lock = operations.TryLock(work.LockPath, content, out int read);
            if (work._lock is null)
            {
                // Someone is at work, or the file system's locks prove nothing.
                return (true, null);
            }

            if (IsLockOf(operations, place, path, content.AsSpan(0, read)))
            {
                return (true, work);
            }

            bool isBegun = canBeBegun
                && LockOf(operations, place, path, operations.Self.System).AsSpan().StartsWith(content.AsSpan(0, read))
                && operations.EntriesIn(path).Count == 1;
            if (isBegun)
            {
                return (true, work);
            }

            work._lock.Dispose();
            return (false, null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            work._lock?.Dispose();
            return (false, null);
        }
    }

    // The lock says the system in words; the name has a hash of them and the process.
    private static bool IsLockOf(IFileOperations operations, WorkPlace place, string path, ReadOnlySpan<byte> content)
    {
        string[] lines = Encoding.UTF8.GetString(content).Split('\n');
        const string Label = "system ";
        if (Array.Find(lines, line => line.StartsWith(Label, StringComparison.Ordinal)) is not { } line)
        {
            return false;
        }

        string system = line[Label.Length..];
        return place.Parse(System.IO.Path.GetFileName(path)) is { } owner
            && (operations.Self with { System = system }).SystemHash == owner.SystemHash
            && system.StartsWith(Environment.MachineName, StringComparison.Ordinal)
            && content.SequenceEqual(LockOf(operations, place, path, system));
    }

    private static byte[] LockOf(IFileOperations operations, WorkPlace place, string path, string system)
    {
        (_, int process, long started) = place.Parse(System.IO.Path.GetFileName(path))!.Value;
        string output = place.Name.Length <= 1024 ? Text.PrintableText.OneLine(place.Name) : string.Empty;
        return Encoding.UTF8.GetBytes(
            $"Transfuse work folder 2\n{place.Purpose} {output}\nsystem {system}\nprocess {process} started {started}\nfolder "
            + $"{operations.IdentityOf(path) ?? "unknown"}\n{Whole}\n");
    }
}
