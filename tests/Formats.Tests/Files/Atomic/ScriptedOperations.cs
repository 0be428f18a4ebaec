using Transfuse.Formats.Files;
using Transfuse.Formats.Files.Atomic;

namespace Transfuse.Formats.Tests.Files.Atomic;

/// <summary>The end of a process: nothing that it would still do happens.</summary>
internal sealed class ProcessEnded : Exception;

/// <summary>The operating system's operations, of which one fails or ends the process; without a swap in one step if asked.</summary>
internal sealed class ScriptedOperations(bool exchange, int killAt = -1, int failAt = -1) : IFileOperations
{
    private readonly SystemFileOperations _system = SystemFileOperations.Instance;
    private readonly List<IDisposable> _locks = [];
    private bool _ended;

    public List<string> Steps { get; } = [];

    public Action<string>? Before { get; set; }

    public ProcessMark Self => _system.Self;

    public bool HasEnded(int process, long started) => true;

    public string? IdentityOf(string path) => _system.IdentityOf(path);

    public byte[] ReadStart(string path, int longest) => Do(nameof(ReadStart), () => _system.ReadStart(path, longest));

    public IReadOnlyList<string> EntriesIn(string folder) => Do(nameof(EntriesIn), () => _system.EntriesIn(folder));

    public EntryKind KindOf(string path) => Do(nameof(KindOf), () => _system.KindOf(path));

    public IReadOnlyList<string> FoldersIn(string folder, string prefix) => Do(nameof(FoldersIn), () => _system.FoldersIn(folder, prefix));

    public void CreateFolder(string path, bool isPrivate) => Do(nameof(CreateFolder), () => _system.CreateFolder(path, isPrivate));

    public IDisposable CreateLock(string path, ReadOnlySpan<byte> content)
    {
        byte[] copy = content.ToArray();
        IDisposable held = Do(
            nameof(CreateLock), () => _system.CreateLock(path, copy), halfway: () => _system.CreateLock(path, copy.AsSpan(0, copy.Length / 2)).Dispose());
        _locks.Add(held);
        return held;
    }

    public IDisposable? TryLock(string path, Span<byte> content, out int read)
    {
        Do(nameof(TryLock), () => { });
        IDisposable? held = _system.TryLock(path, content, out read);
        if (held is not null)
        {
            _locks.Add(held);
        }

        return held;
    }

    public FileByteSink CreateFile(string path, UnixFileMode? permissions) => Do(nameof(CreateFile), () => _system.CreateFile(path, permissions));

    public void FlushFile(string path) => Do(nameof(FlushFile), () => _system.FlushFile(path));

    public void FlushFolder(string path) => Do(nameof(FlushFolder), () => _system.FlushFolder(path));

    public void SetPermissions(string path, UnixFileMode permissions) => Do(nameof(SetPermissions), () => _system.SetPermissions(path, permissions));

    public void Replace(string from, string to) => Do(nameof(Replace), () => _system.Replace(from, to));

    public bool TryExchange(string first, string second)
    {
        try
        {
            return Do(nameof(TryExchange), () => exchange && _system.TryExchange(first, second));
        }
        catch (IOException)
        {
            return false;
        }
    }

    public void Move(string from, string to) => Do(nameof(Move), () => _system.Move(from, to));

    public void DeleteTree(string path) => Do(nameof(DeleteTree), () => _system.DeleteTree(path), halfway: () => DeleteSome(path));

    public void DeleteFile(string path) => Do(nameof(DeleteFile), () => _system.DeleteFile(path));

    public void DeleteEmptyFolder(string path) => Do(nameof(DeleteEmptyFolder), () => _system.DeleteEmptyFolder(path));

    /// <summary>What the system does for a process that ended.</summary>
    public void ReleaseLocks() => _locks.ForEach(held => held.Dispose());

    /// <summary>Ends the process now.</summary>
    public void End()
    {
        _ended = true;
        ReleaseLocks();
        throw new ProcessEnded();
    }

    private static void DeleteSome(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.EnumerateFiles(path).Take(1).ToList().ForEach(File.Delete);
        }
    }

    private void Do(string step, Action action, Action? halfway = null) => Do(step, () => { action(); return 0; }, halfway);

    private T Do<T>(string step, Func<T> action, Action? halfway = null)
    {
        if (_ended)
        {
            throw new ProcessEnded();
        }

        Steps.Add(step);
        Before?.Invoke(step);
        if (Steps.Count == failAt)
        {
            throw new IOException($"step {failAt}, {step}");
        }

        if (Steps.Count == killAt)
        {
            _ended = true;
            halfway?.Invoke();
            _locks.ForEach(held => held.Dispose());
            throw new ProcessEnded();
        }

        return action();
    }
}
