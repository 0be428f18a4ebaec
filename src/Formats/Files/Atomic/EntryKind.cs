namespace Transfuse.Formats.Files.Atomic;

/// <summary>What is at a path, without following a link.</summary>
internal enum EntryKind
{
    Missing,
    Folder,
    File,
    Link,
}
