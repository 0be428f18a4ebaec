namespace Transfuse.Formats.Files;

/// <summary>What should be a file is something else. It was not opened: a FIFO has no end until someone writes, and a device may have none at all.</summary>
/// <seealso cref="Transfuse.Formats.Files.ContainerException" />
public sealed class FileKindException : ContainerException
{
    /// <summary>Says what is there.</summary>
    public FileKindException(string fileName, EntryKind kind)
        : base(fileName, null, $"is a {Word(kind)}, and only regular files are read") => Kind = kind;

    /// <summary>What is there.</summary>
    public EntryKind Kind { get; }

    private static string Word(EntryKind kind) => kind == EntryKind.Fifo ? "FIFO" : kind.ToString().ToLowerInvariant();
}
