using System.Collections.Immutable;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sources;

/// <summary>Where an adapter's files come from: a folder, a file, or memory. It owns the handles that it opens.</summary>
public interface IAdapterSource : IDisposable
{
    /// <summary>What to call it in messages: a folder's path.</summary>
    string Name { get; }

    /// <summary>Names of the files directly in it, sorted (ordinal).</summary>
    ImmutableArray<string> FileNames { get; }

    /// <summary>Names of the folders directly in it that hold an adapter's config or weights, sorted (ordinal).</summary>
    ImmutableArray<string> NestedAdapters { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="IOException">The operating system failed.</exception>
    IByteSource Open(string fileName);

    /// <summary>The source for a nested folder.</summary>
    IAdapterSource OpenNested(string folderName);
}
