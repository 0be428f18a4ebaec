using System.Security.Cryptography;
using System.Text;

namespace Transfuse.Formats.Files.Atomic;

/// <summary>
/// A hidden folder beside a destination, <c>.NAME.RANDOM.tmp</c>. It holds <c>new</c>, which becomes the destination,
/// <c>old</c> while the destination is replaced in two renames, and a lock file that its process holds:
/// a work folder whose lock nobody holds was left by a process that ended.
/// </summary>
internal sealed class WorkFolder
{
    private const string LockName = "transfuse.lock";
    private const string Suffix = ".tmp";
    private const int RandomBytes = 6;
    private const int Attempts = 3;

    // On a file system shared by machines, locks of the others may be invisible.
    private static readonly byte[] LockContent = Encoding.UTF8.GetBytes($"Transfuse work folder, made on {Environment.MachineName}\n");

    private readonly IFileOperations _operations;
    private IDisposable? _lock;

    private WorkFolder(IFileOperations operations, string path, IDisposable? heldLock)
    {
        _operations = operations;
        _lock = heldLock;
        Path = path;
        New = System.IO.Path.Combine(path, "new");
        Old = System.IO.Path.Combine(path, "old");
    }

    /// <summary>The folder itself.</summary>
    public string Path { get; }

    /// <summary>What becomes the destination; after an exchange, what was the destination.</summary>
    public string New { get; }

    /// <summary>What was the destination, when it is replaced in two renames.</summary>
    public string Old { get; }

    private string LockPath => System.IO.Path.Combine(Path, LockName);

    /// <summary>Makes an empty one.</summary>
    public static WorkFolder Create(IFileOperations operations, string destination)
    {
        for (int attempt = 1; ; attempt++)
        {
            string random = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));
            string path = System.IO.Path.Combine(Parent(destination), Prefix(destination) + random + Suffix);
            var work = new WorkFolder(operations, path, heldLock: null);
            operations.CreateFolder(path, isPrivate: true);
            try
            {
                work._lock = operations.CreateLock(work.LockPath, LockContent);
                operations.CreateFolder(work.New, isPrivate: false);
                return work;
            }
            catch (IOException) when (attempt < Attempts && operations.KindOf(path) == EntryKind.Missing)
            {
                // Another process took it, still empty, for a leftover.
            }
            catch
            {
                work.TryRemove(destination);
                throw;
            }
        }
    }

    /// <summary>Finishes or clears away what ended processes left for a destination.</summary>
    public static void Recover(IFileOperations operations, string destination)
    {
        foreach (string path in operations.FoldersIn(Parent(destination), Prefix(destination)))
        {
            if (IsWorkFolder(System.IO.Path.GetFileName(path), Prefix(destination)) && TryTakeOver(operations, path) is { } left)
            {
                if (left.IsSwapInterrupted(destination) && operations.KindOf(left.New) == EntryKind.Folder)
                {
                    operations.Move(left.New, destination);
                }

                left.TryRemove(destination);
            }
        }
    }

    /// <summary>Removes everything, unless it holds the only copy of the destination; <see langword="false"/> where something is left.</summary>
    public bool TryRemove(string destination)
    {
        try
        {
            if (IsSwapInterrupted(destination))
            {
                return false;
            }

            _operations.DeleteTree(New);
            _operations.DeleteTree(Old);
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

    /// <summary>Whether the destination was moved here and nothing has taken its place.</summary>
    private bool IsSwapInterrupted(string destination) =>
        _operations.KindOf(Old) != EntryKind.Missing && _operations.KindOf(destination) == EntryKind.Missing;

    private static WorkFolder? TryTakeOver(IFileOperations operations, string path)
    {
        try
        {
            var work = new WorkFolder(operations, path, heldLock: null);
            if (operations.KindOf(work.LockPath) == EntryKind.Missing)
            {
                // Its process ended before it made the lock, or after it deleted it: the folder is empty, or not ours.
                operations.DeleteEmptyFolder(path);
                return null;
            }

            Span<byte> content = stackalloc byte[LockContent.Length + 1];
            work._lock = operations.TryLock(work.LockPath, content, out int read);
            if (work._lock is not null && LockContent.AsSpan().StartsWith(content[..read]))
            {
                return work;
            }

            work._lock?.Dispose();
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsWorkFolder(string name, string prefix) =>
        name.Length == prefix.Length + (2 * RandomBytes) + Suffix.Length
        && name.StartsWith(prefix, StringComparison.Ordinal)
        && name.EndsWith(Suffix, StringComparison.Ordinal)
        && name[prefix.Length..^Suffix.Length].All(char.IsAsciiHexDigitLower);

    private static string Parent(string destination) => System.IO.Path.GetDirectoryName(destination)!;

    private static string Prefix(string destination) => $".{System.IO.Path.GetFileName(destination)}.";
}
