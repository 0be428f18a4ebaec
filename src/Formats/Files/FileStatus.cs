using Transfuse.Formats.Files.Native;

namespace Transfuse.Formats.Files;

/// <summary>What the operating system says of a path, without opening what is there.</summary>
/// <param name="Kind">What is there.</param>
/// <param name="Permissions">Its permissions; <see langword="null"/> on Windows and where nothing is.</param>
/// <param name="Identity">Device and number of the file: equal for two paths to one thing, whatever links, mounts and letter case lie between.
/// <see langword="null"/> where the system does not tell.</param>
/// <param name="Owner">Number of the user whose it is, where the system tells.</param>
internal readonly record struct FileStatus(EntryKind Kind, UnixFileMode? Permissions, string? Identity, uint? Owner)
{
    internal static FileStatus Missing { get; } = new(EntryKind.Missing, null, null, null);

    /// <summary>Of what is at the path itself: a link is a link.</summary>
    /// <exception cref="IOException">The operating system failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The operating system forbids it.</exception>
    public static FileStatus Of(string path) => NativeStatus.Of(path, follow: false);

    /// <summary>Of what the path leads to; a link that leads nowhere, or round in a circle, leads to nothing.</summary>
    /// <inheritdoc cref="Of" path="/exception" />
    public static FileStatus OfTarget(string path) => NativeStatus.Of(path, follow: true);

    /// <summary>The path with no links in it, where it leads to something; else the full path.</summary>
    public static string RealPath(string path) => NativeStatus.RealPath(Path.GetFullPath(path));
}
