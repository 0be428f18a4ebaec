namespace Transfuse.Formats.Files;

/// <summary>What is at a path.</summary>
/// <seealso cref="Transfuse.Formats.Files.FileKindException" />
public enum EntryKind
{
    /// <summary>Nothing.</summary>
    Missing,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A regular file.</summary>
    File,

    /// <summary>A symbolic link, or on Windows another reparse point.</summary>
    Link,

    /// <summary>A FIFO: who opens it waits for a writer.</summary>
    Fifo,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>A device, such as <c>/dev/zero</c>: it may have no end.</summary>
    Device,
}
