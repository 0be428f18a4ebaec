using System.Collections.Concurrent;
using Transfuse.Formats.Files.Atomic;

namespace Transfuse.Formats.Files;

/// <summary>
/// A folder that appears at its destination complete or not at all. It is written beside the destination and swapped into place:
/// in one step with <c>renameat2</c> (Linux) or <c>renamex_np</c> (macOS), elsewhere in two renames that the next run finishes
/// if the process ends between them. Disposing without <see cref="Commit"/> leaves the destination as it was.
/// </summary>
internal sealed class AtomicFolder : IDisposable
{
    private readonly IFileOperations _operations;
    private readonly AtomicFolderOptions _options;
    private readonly List<string> _madeParents = [];
    private readonly ConcurrentQueue<string> _files = new();
    private WorkFolder? _work;
    private string _new;
    private bool _isPlaced;
    private bool _ended;

    private AtomicFolder(string destination, AtomicFolderOptions options, IFileOperations operations)
    {
        Destination = destination;
        _options = options;
        _operations = operations;
        Recoveries = RecoverAll(destination, operations, options.Scan);
        EntryKind there = FolderSwap.CheckDestination(operations, destination, options.Overwrite);
        InputGuard.Check(destination, options);

        // A durable output flushes the parents that it has made itself.
        if (there == EntryKind.Missing && !options.Durable && options.Share?.NewFolder(Path.GetDirectoryName(destination)!, operations) is { } shared)
        {
            _new = shared;
            return;
        }

        try
        {
            FolderParents.Make(operations, Path.GetDirectoryName(destination)!, _madeParents);
            _work = WorkFolder.Create(operations, WorkPlace.OfFolder(destination));
            _new = _work.New;
        }
        catch
        {
            FolderParents.Remove(operations, _madeParents);
            throw;
        }
    }

    /// <summary>Full path of the folder that is to appear.</summary>
    public string Destination { get; }

    /// <summary>
    /// The hidden folder that could not be removed after <see cref="Commit"/> or <see cref="Dispose"/>, for example because
    /// files of the replaced folder are protected; the next run for this destination tries again. Otherwise <see langword="null"/>.
    /// </summary>
    public string? LeftoverPath { get; private set; }

    /// <summary>What was done about things that interrupted runs had left for the same destination, before this one began.</summary>
    public IReadOnlyList<FolderRecovery> Recoveries { get; }

    /// <summary>Begins a folder. First finishes or clears away what ended processes left for the same destination.</summary>
    /// <param name="destination">Where it is to appear. Missing parents are made, and removed again if nothing is committed.</param>
    /// <param name="options">How; <see langword="null"/> for the defaults.</param>
    /// <exception cref="AtomicFolderException">The destination exists and may not be replaced, or is or holds an input.</exception>
    /// <exception cref="ArgumentException">The path names no folder, such as a root.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The operating system forbids it.</exception>
    public static AtomicFolder Create(string destination, AtomicFolderOptions? options = null) =>
        Create(destination, options, SystemFileOperations.Instance);

    /// <summary>Finishes or clears away what ended processes left for a destination. A running process's work is not touched.</summary>
    /// <param name="destination">Where an output is to appear.</param>
    /// <param name="scan">What is known of the folders beside it; <see langword="null"/> to list them.</param>
    /// <returns>What was done about each thing that was found.</returns>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static IReadOnlyList<FolderRecovery> Recover(string destination, WorkFolderScan? scan = null) =>
        RecoverAll(FullPath(destination), SystemFileOperations.Instance, scan);

    /// <summary>Whether a name is that of the hidden folders in which outputs are made, of which nothing is an adapter yet, or still.</summary>
    public static bool IsWorkName(ReadOnlySpan<char> name) => WorkPlace.IsWorkName(name);

    /// <summary>
    /// Whether the destination has something of this name that overwriting would keep, by <see cref="AtomicFolderOptions.IsReplaced"/>: who would write a file
    /// there that is not the output's own, such as a side file, leaves it.
    /// </summary>
    public bool Keeps(string name) => _operations.KindOf(Path.Combine(Destination, name)) is var kind && kind != EntryKind.Missing
        && (kind == EntryKind.Folder || !_options.IsReplaced(name));

    /// <summary>Begins a file of the folder. Dispose it before <see cref="Commit"/>. Safe for concurrent use.</summary>
    /// <param name="name">A plain file name.</param>
    /// <param name="permissions">What users may do with it, less the process's mask; <see langword="null"/> for all but the mask's.</param>
    /// <exception cref="ArgumentException">The name is empty, or could lead out of the folder.</exception>
    /// <exception cref="IOException">The file exists already, or the operating system failed.</exception>
    public FileByteSink CreateFile(string name, UnixFileMode? permissions = null)
    {
        ThrowIfEnded();
        CheckName(name);
        string path = Path.Combine(_new, name);
        FileByteSink file = _operations.CreateFile(path, permissions);
        _files.Enqueue(path);
        return file;
    }

    /// <summary>Writes a whole file of the folder.</summary>
    /// <inheritdoc cref="CreateFile" path="/exception" />
    public void WriteAllBytes(string name, ReadOnlySpan<byte> bytes)
    {
        using FileByteSink file = CreateFile(name);
        file.Write(0, bytes);
    }

    /// <summary>
    /// Puts the folder into place. Permissions of an existing folder are kept, and so is what <see cref="AtomicFolderOptions.IsReplaced"/> does not name.
    /// </summary>
    /// <exception cref="AtomicFolderException">The destination appeared, or changed its kind, or got an input, since
    /// <see cref="Create(string, AtomicFolderOptions?)"/>.</exception>
    /// <exception cref="IOException">The operating system failed; the destination is as it was, unless only the last flush of
    /// <see cref="AtomicFolderOptions.Durable"/> failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The operating system forbids it; the destination is as it was.</exception>
    public void Commit()
    {
        ThrowIfEnded();
        FlushContents();
        InputGuard.Check(Destination, _options);
        SetPermissions();
        _isPlaced = FolderSwap.TryPlace(_operations, _new, Destination, _options.Overwrite);
        if (!_isPlaced)
        {
            // What appeared meanwhile is replaced from a work folder whose name tells the next run what it is for.
            _new = OwnWorkFolder().New;
            FolderSwap.Replace(_operations, _work!, Destination, [.. _files.Select(path => Path.GetFileName(path))], _options);
        }

        FlushParents();
        End();
    }

    /// <summary>Removes the folder unless it was committed.</summary>
    public void Dispose()
    {
        if (!_ended)
        {
            End();
            FolderParents.Remove(_operations, _madeParents);
        }
    }

    internal static AtomicFolder Create(string destination, AtomicFolderOptions? options, IFileOperations operations) =>
        new(FullPath(destination), options ?? new AtomicFolderOptions(), operations);

    internal static IReadOnlyList<FolderRecovery> Recover(string destination, IFileOperations operations) =>
        RecoverAll(FullPath(destination), operations, null);

    private static IReadOnlyList<FolderRecovery> RecoverAll(string destination, IFileOperations operations, WorkFolderScan? scan)
    {
        var done = new List<FolderRecovery>();
        foreach ((string path, WorkFolder? left) in WorkFolder.Leftovers(operations, WorkPlace.OfFolder(destination), scan))
        {
            done.Add(new FolderRecovery(path, left?.Finish(destination) ?? RecoveryOutcome.NotOurs));
        }

        return [.. done, .. FolderEdit.Recover(destination, operations)];
    }

    private static string FullPath(string destination)
    {
        ArgumentException.ThrowIfNullOrEmpty(destination);
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination));
        return Path.GetFileName(path).Length > 0 ? path : throw new ArgumentException($"{path} is no folder that can be replaced.", nameof(destination));
    }

    internal static void CheckName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        // A colon and a backslash lead elsewhere on Windows; on other systems they are letters.
        if (name is "." or ".." || name.AsSpan().IndexOfAny(OperatingSystem.IsWindows() ? "/\\:\0" : "/\0") >= 0)
        {
            throw new ArgumentException($"{QuotedName.Of(name)} is no plain file name.", nameof(name));
        }
    }

    // The folder was made with the mask's permissions, so what these lack the mask takes away.
    private void SetPermissions()
    {
        if (_options.Permissions is { } wanted && FileStatus.Of(_new).Permissions is { } masked)
        {
            _operations.SetPermissions(_new, wanted & masked);
        }
    }

    private void ThrowIfEnded() => ObjectDisposedException.ThrowIf(_ended, this);

    private void End()
    {
        _ended = true;
        LeftoverPath = _work is null ? TryDeleteShared() : _work.TryRemove(Destination) ? null : _work.Path;
    }

    // What was committed is there no more.
    private string? TryDeleteShared()
    {
        try
        {
            if (!_isPlaced)
            {
                _operations.DeleteTree(_new);
            }

            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return _new;
        }
    }

    private WorkFolder OwnWorkFolder()
    {
        if (_work is null)
        {
            var work = WorkFolder.Create(_operations, WorkPlace.OfFolder(Destination));
            try
            {
                _operations.DeleteEmptyFolder(work.New);
                _operations.Move(_new, work.New);
                _work = work;
            }
            catch
            {
                work.TryRemove(string.Empty);
                throw;
            }
        }

        return _work;
    }

    private void FlushContents()
    {
        if (_options.Durable)
        {
            foreach (string file in _files)
            {
                _operations.FlushFile(file);
            }

            _operations.FlushFolder(_new);
        }
    }

    private void FlushParents()
    {
        if (_options.Durable)
        {
            foreach (string folder in _madeParents.Append(Destination))
            {
                _operations.FlushFolder(Path.GetDirectoryName(folder)!);
            }
        }
    }
}
