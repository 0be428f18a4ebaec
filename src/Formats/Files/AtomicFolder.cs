using System.Collections.Concurrent;
using Transfuse.Formats.Files.Atomic;

namespace Transfuse.Formats.Files;

/// <summary>
/// A folder that appears at its destination complete or not at all. It is written beside the destination and swapped into place:
/// in one step with <c>renameat2</c> (Linux) or <c>renamex_np</c> (macOS), elsewhere in two renames that the next run finishes
/// if the process ends between them. Disposing without <see cref="Commit"/> leaves the destination as it was.
/// </summary>
public sealed class AtomicFolder : IDisposable
{
    private readonly IFileOperations _operations;
    private readonly AtomicFolderOptions _options;
    private readonly WorkFolder _work;
    private readonly IReadOnlyList<string> _madeParents;
    private readonly ConcurrentQueue<string> _files = new();
    private bool _ended;

    private AtomicFolder(string destination, AtomicFolderOptions options, IFileOperations operations)
    {
        Destination = destination;
        _options = options;
        _operations = operations;
        WorkFolder.Recover(operations, destination);
        FolderSwap.CheckDestination(operations, destination, options.Overwrite);
        _madeParents = MissingParents();
        try
        {
            foreach (string parent in _madeParents)
            {
                operations.CreateFolder(parent, isPrivate: false);
            }

            _work = WorkFolder.Create(operations, destination);
        }
        catch
        {
            RemoveMadeParents();
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

    /// <summary>Begins a folder. First finishes or clears away what ended processes left for the same destination.</summary>
    /// <param name="destination">Where it is to appear. Missing parents are made, and removed again if nothing is committed.</param>
    /// <param name="options">How; <see langword="null"/> for the defaults.</param>
    /// <exception cref="AtomicFolderException">The destination exists and may not be replaced.</exception>
    /// <exception cref="ArgumentException">The path names no folder, such as a root.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The operating system forbids it.</exception>
    public static AtomicFolder Create(string destination, AtomicFolderOptions? options = null) =>
        Create(destination, options, SystemFileOperations.Instance);

    /// <summary>Finishes or clears away what ended processes left for a destination. A running process's work is not touched.</summary>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static void Recover(string destination) => Recover(destination, SystemFileOperations.Instance);

    /// <summary>Begins a file of the folder. Dispose it before <see cref="Commit"/>. Safe for concurrent use.</summary>
    /// <param name="name">A plain file name.</param>
    /// <exception cref="ArgumentException">The name is empty, or could lead out of the folder.</exception>
    /// <exception cref="IOException">The file exists already, or the operating system failed.</exception>
    public FileByteSink CreateFile(string name)
    {
        ThrowIfEnded();
        CheckName(name);
        string path = Path.Combine(_work.New, name);
        FileByteSink file = _operations.CreateFile(path);
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

    /// <summary>Puts the folder into place. Permissions of a replaced folder are kept; what was in it is deleted.</summary>
    /// <exception cref="AtomicFolderException">The destination appeared, or changed its kind, since <see cref="Create(string, AtomicFolderOptions?)"/>.</exception>
    /// <exception cref="IOException">The operating system failed; the destination is as it was, unless only the last flush of <see cref="AtomicFolderOptions.Durable"/> failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The operating system forbids it; the destination is as it was.</exception>
    public void Commit()
    {
        ThrowIfEnded();
        FlushContents();
        FolderSwap.Install(_operations, _work, Destination, _options.Overwrite);
        FlushParents();
        End();
    }

    /// <summary>Removes the folder unless it was committed.</summary>
    public void Dispose()
    {
        if (!_ended)
        {
            End();
            RemoveMadeParents();
        }
    }

    internal static AtomicFolder Create(string destination, AtomicFolderOptions? options, IFileOperations operations) =>
        new(FullPath(destination), options ?? new AtomicFolderOptions(), operations);

    internal static void Recover(string destination, IFileOperations operations) =>
        WorkFolder.Recover(operations, FullPath(destination));

    private static string FullPath(string destination)
    {
        ArgumentException.ThrowIfNullOrEmpty(destination);
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination));
        return Path.GetFileName(path).Length > 0 ? path : throw new ArgumentException($"{path} is no folder that can be replaced.", nameof(destination));
    }

    private static void CheckName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name is "." or ".." || name.AsSpan().IndexOfAny("/\\:\0") >= 0)
        {
            throw new ArgumentException($"{QuotedName.Of(name)} is no plain file name.", nameof(name));
        }
    }

    private void ThrowIfEnded() => ObjectDisposedException.ThrowIf(_ended, this);

    private void End()
    {
        _ended = true;
        LeftoverPath = _work.TryRemove(Destination) ? null : _work.Path;
    }

    private List<string> MissingParents()
    {
        var missing = new List<string>();
        string? parent = Path.GetDirectoryName(Destination);
        while (parent is not null && _operations.KindOf(parent) == EntryKind.Missing)
        {
            missing.Insert(0, parent);
            parent = Path.GetDirectoryName(parent);
        }

        return missing;
    }

    private void RemoveMadeParents()
    {
        try
        {
            foreach (string parent in _madeParents.Reverse())
            {
                _operations.DeleteEmptyFolder(parent);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Someone else uses it by now.
        }
    }

    private void FlushContents()
    {
        if (_options.Durable)
        {
            foreach (string file in _files)
            {
                _operations.FlushFile(file);
            }

            _operations.FlushFolder(_work.New);
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
