namespace Transfuse.Formats.Files;

/// <summary>
/// A place for a folder, known by where its path leads, not by how it is written: links, mounts and letter case do not matter. It need not exist.
/// </summary>
internal sealed class FolderPlace
{
    private readonly string _real;
    private readonly string? _identity;
    private readonly StringComparison _letters;

    /// <summary>Looks at a path once; what happens to it later is not seen.</summary>
    /// <exception cref="IOException">The operating system failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The operating system forbids it.</exception>
    public FolderPlace(string path)
    {
        _real = Real(path);
        FileStatus there = FileStatus.OfTarget(path);
        _identity = there.Identity;

        // What is missing has no other spelling under which it would be there.
        _letters = there.Kind == EntryKind.Missing ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
    }

    /// <summary>Whether a path leads here.</summary>
    public bool Is(string path) => IsHere(Real(path));

    /// <summary>Whether a path leads to something below here.</summary>
    public bool Holds(string path)
    {
        for (string? parent = Path.GetDirectoryName(Real(path)); parent is not null; parent = Path.GetDirectoryName(parent))
        {
            if (IsHere(parent))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsHere(string real) => _identity is not null
        ? FileStatus.OfTarget(real).Identity == _identity
        : string.Equals(real, _real, _letters);

    // The parents of what does not exist yet may be links too.
    private static string Real(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return FileStatus.OfTarget(full).Kind == EntryKind.Missing && Path.GetDirectoryName(full) is { } parent
            ? Path.Combine(Real(parent), Path.GetFileName(full))
            : FileStatus.RealPath(full);
    }
}
