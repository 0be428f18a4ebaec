using System.Collections.Immutable;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sources;

/// <summary>Where an adapter's files come from: a folder, a file, or memory. It owns the handles that it opens.</summary>
/// <seealso cref="Transfuse.Conversion.Sources.AdapterSource" />
public interface IAdapterSource : IDisposable
{
    /// <summary>What to call it in messages: a folder's path.</summary>
    string Name { get; }

    /// <summary>Names of the files directly in it, sorted (ordinal).</summary>
    ImmutableArray<string> FileNames { get; }

    /// <summary>Names of the folders directly in it that hold an adapter's config or weights, sorted (ordinal).</summary>
    ImmutableArray<string> NestedAdapters { get; }

    /// <summary>Names of the folders directly in it that cannot be read, sorted (ordinal). They are no reason not to read the adapter.</summary>
    ImmutableArray<string> UnreadableFolders => [];

    /// <summary>Opens a file.</summary>
    /// <exception cref="IOException">The operating system failed.</exception>
    IByteSource Open(string fileName);

    /// <summary>What users may do with a file, or <see langword="null"/> where nothing tells.</summary>
    UnixFileMode? Permissions(string fileName) => null;

    /// <summary>
    /// Why a file that is not the adapter's own does not go with it, as the end of a sentence whose subject is the file; <see langword="null"/> where it does.
    /// </summary>
    string? WhyLeftOut(string fileName) => null;

    /// <summary>Whether its files are being replaced, or a run was interrupted while it replaced them.</summary>
    bool IsUnfinished => false;

    /// <summary>The source for a nested folder.</summary>
    IAdapterSource OpenNested(string folderName);
}
