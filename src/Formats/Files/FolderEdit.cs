using Transfuse.Formats.Files.Atomic;

namespace Transfuse.Formats.Files;

/// <summary>
/// Replaces single files of a folder and leaves the others alone. Every file is written completely in a hidden folder within the folder first; then a list of
/// what is to be done is written, originals are moved aside as <c>NAME.orig</c> (or <c>NAME.orig.2</c> and so on where that is taken), and the new files take
/// their places, the first last. Nothing is copied, and no original is ever deleted. A process that ends before the list is whole has changed nothing; one that
/// ends after it has left a step that <see cref="Recover(string)"/> finishes. As originals go before new files come, a half-done step is a folder that lacks
/// files and never one of old and new ones.
/// </summary>
internal sealed class FolderEdit : IDisposable
{
    private const string Original = ".orig";

    private readonly string _folder;
    private readonly bool _durable;
    private readonly IFileOperations _operations;
    private readonly WorkFolder _work;
    private readonly List<string> _names = [];
    private bool _isListed;
    private bool _ended;

    private FolderEdit(string folder, bool durable, IFileOperations operations)
    {
        _folder = folder;
        _durable = durable;
        _operations = operations;
        Recoveries = Recover(folder, operations);
        _work = WorkFolder.Create(operations, WorkPlace.InFolder(folder));
    }

    /// <summary>What was done about things that interrupted runs had left, before this one began.</summary>
    public IReadOnlyList<FolderRecovery> Recoveries { get; }

    /// <summary>Files that the new ones make superfluous, and that are moved aside like originals.</summary>
    public IReadOnlyCollection<string> Superseded { get; set; } = [];

    /// <summary>Begins.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="durable">Whether <see cref="Commit"/> returns only when everything has reached the disk.</param>
    /// <exception cref="IOException">The operating system failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The operating system forbids it.</exception>
    public static FolderEdit Create(string folder, bool durable = false) => Create(folder, durable, SystemFileOperations.Instance);

    /// <summary>Finishes what an interrupted run had begun to put in place, and removes what it had not. A running process's work is not touched.</summary>
    /// <returns>What was done about each thing that was found.</returns>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static IReadOnlyList<FolderRecovery> Recover(string folder) => Recover(Path.GetFullPath(folder), SystemFileOperations.Instance);

    /// <summary>Whether files of a folder are being replaced, or a run was interrupted while it replaced them: some are away.</summary>
    public static bool IsUnfinished(string folder)
    {
        IFileOperations operations = SystemFileOperations.Instance;
        WorkPlace place = WorkPlace.InFolder(Path.GetFullPath(folder));
        return operations.FoldersIn(place.Parent, place.Prefix).Any(path => WorkFolder.IsReplacing(operations, place, path));
    }

    /// <summary>
    /// Whether a folder holds the work folder of an edit, of a run that is at work or was interrupted; <see langword="false"/> where it may not be read.
    /// </summary>
    public static bool IsBegun(string folder)
    {
        WorkPlace place = WorkPlace.InFolder(Path.GetFullPath(folder));
        try
        {
            return SystemFileOperations.Instance.FoldersIn(place.Parent, place.Prefix).Any(path => place.Parse(Path.GetFileName(path)) is not null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>
    /// Begins a file. Dispose it before <see cref="Commit"/>. The first that is begun comes into place last: the one without which readers see no adapter.
    /// </summary>
    /// <param name="name">A plain file name.</param>
    /// <param name="permissions">What users may do with it where it replaces nothing; else it gets those of what it replaces.</param>
    /// <exception cref="IOException">The operating system failed.</exception>
    public FileByteSink CreateFile(string name, UnixFileMode? permissions = null)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        AtomicFolder.CheckName(name);
        FileStatus replaced = FileStatus.OfTarget(Path.Combine(_folder, name));
        FileByteSink file = _operations.CreateFile(Staged(name), replaced.Permissions ?? permissions);
        _names.Add(name);
        return file;
    }

    /// <summary>Puts all files into place.</summary>
    /// <exception cref="IOException">The operating system failed; the folder is as it was, or the message says that the next run goes on.</exception>
    /// <exception cref="UnauthorizedAccessException">The operating system forbids it; the folder is as it was.</exception>
    public void Commit()
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        Prepare();
        string[] aside = [.. _names.Concat(Superseded).Where(name => _operations.KindOf(PathOf(name)) is not (EntryKind.Missing or EntryKind.Folder))];
        string[] list = [.. aside.Select(name => Path.GetFileName(FreeName(name))), string.Empty, .. aside, string.Empty, .. _names];
        var done = new Stack<(string From, string To)>();
        _work.WriteList(list);
        _isListed = true;
        try
        {
            Replace(_operations, _work, _folder, list, done);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            Undo(done, failed);
            throw;
        }

        if (_durable)
        {
            _operations.FlushFolder(_folder);
        }

        TryForget();
        End();
    }

    /// <summary>Removes what was not put into place.</summary>
    public void Dispose()
    {
        if (!_ended)
        {
            End();
        }
    }

    internal static FolderEdit Create(string folder, bool durable, IFileOperations operations) => new(Path.GetFullPath(folder), durable, operations);

    internal static IReadOnlyList<FolderRecovery> Recover(string folder, IFileOperations operations)
    {
        var done = new List<FolderRecovery>();
        foreach ((string path, WorkFolder? left) in WorkFolder.Leftovers(operations, WorkPlace.InFolder(folder)))
        {
            done.Add(new FolderRecovery(path, left is null ? RecoveryOutcome.NotOurs : Finish(operations, left, folder)));
        }

        return done;
    }

    private static RecoveryOutcome Finish(IFileOperations operations, WorkFolder left, string folder)
    {
        try
        {
            string[]? list = left.ReadList();
            if (list is not null)
            {
                Replace(operations, left, folder, list, new Stack<(string From, string To)>());
                left.DeleteList();
            }

            return !left.TryRemove(string.Empty) ? RecoveryOutcome.Failed : list is not null ? RecoveryOutcome.Finished : RecoveryOutcome.Removed;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            left.Release();
            return RecoveryOutcome.Failed;
        }
    }

    // Can be repeated: what was moved already is passed over.
    private static void Replace(IFileOperations operations, WorkFolder work, string folder, string[] list, Stack<(string From, string To)> done)
    {
        // As many originals' names as there are files to move aside, these files, and the new files; an empty name between.
        int count = Array.IndexOf(list, string.Empty);
        bool isList = count >= 0 && list.Length > (2 * count) + 1 && list[(2 * count) + 1].Length == 0;
        string[] originals = isList
            ? list[..count]
            : [], aside = isList
            ? list[(count + 1)..((2 * count) + 1)]
            : [], names = isList
            ? list[((2 * count) + 2)..]
            : [];
        if (!isList || originals.Concat(aside).Concat(names).Any(name => !IsPlain(name)))
        {
            throw new IOException($"The list in '{work.Path}' is not one.");
        }

        void Move(string from, string to)
        {
            operations.Move(from, to);
            done.Push((from, to));
        }

        for (int i = 0; i < aside.Length; i++)
        {
            string path = Path.Combine(folder, aside[i]), original = Path.Combine(folder, originals[i]);
            bool isPending = names.Contains(aside[i])
                ? operations.KindOf(Path.Combine(work.New, aside[i])) != EntryKind.Missing
                : operations.KindOf(original) == EntryKind.Missing;
            if (isPending && operations.KindOf(path) != EntryKind.Missing)
            {
                Move(path, operations.KindOf(original) == EntryKind.Missing ? original : FreeName(operations, path));
            }
        }

        foreach (string name in Enumerable.Reverse(names))
        {
            string staged = Path.Combine(work.New, name);
            if (operations.KindOf(staged) != EntryKind.Missing)
            {
                Move(staged, Path.Combine(folder, name));
            }
        }
    }

    private static bool IsPlain(string name) => name.Length > 0 && name is not ("." or "..") && Path.GetFileName(name) == name;

    private static string FreeName(IFileOperations operations, string path)
    {
        string name = path + Original;
        for (int number = 2; operations.KindOf(name) != EntryKind.Missing; number++)
        {
            name = $"{path}{Original}.{number}";
        }

        return name;
    }

    // Permissions of what is replaced stay as they are, whatever the mask says; and everything reaches the disk before the list does.
    private void Prepare()
    {
        foreach (string name in _names)
        {
            if (FileStatus.OfTarget(PathOf(name)) is { Kind: EntryKind.File, Permissions: { } permissions })
            {
                _operations.SetPermissions(Staged(name), permissions);
            }

            if (_durable)
            {
                _operations.FlushFile(Staged(name));
            }
        }

        if (_durable)
        {
            _operations.FlushFolder(_work.New);
        }
    }

    private void Undo(Stack<(string From, string To)> done, Exception failed)
    {
        try
        {
            while (done.TryPeek(out (string From, string To) step))
            {
                _operations.Move(step.To, step.From);
                done.Pop();
            }

            _work.DeleteList();
            _isListed = false;
        }
        catch (Exception again) when (again is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"{failed.Message} Not all files of {_folder} could be put back either: {again.Message} The originals lie beside them as *{Original}; the "
                + "next run goes on.",
                failed);
        }
    }

    // Everything is in place. A list that stays is one that the next run finds done.
    private void TryForget()
    {
        try
        {
            _work.DeleteList();
            _isListed = false;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            // The next run deletes it.
        }
    }

    // Where the list still stands, what is staged is needed for the rest.
    private void End()
    {
        _ended = true;
        if (_isListed)
        {
            _work.Release();
        }
        else
        {
            _work.TryRemove(string.Empty);
        }
    }

    private string FreeName(string name) => FreeName(_operations, PathOf(name));

    private string PathOf(string name) => Path.Combine(_folder, name);

    private string Staged(string name) => Path.Combine(_work.New, name);
}
