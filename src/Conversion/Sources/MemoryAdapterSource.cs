using System.Collections.Immutable;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sources;

/// <summary>An adapter's files in memory.</summary>
/// <param name="name">What to call it in messages.</param>
/// <param name="files">File names and contents; names of nested files have one slash.</param>
internal sealed class MemoryAdapterSource(string name, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files) : IAdapterSource, INestedSource
{
    public string Name => name;

    public ImmutableArray<string> FileNames => [.. files.Keys.Where(file => !file.Contains('/')).Order(StringComparer.Ordinal)];

    public ImmutableArray<string> NestedAdapters =>
    [
        .. files.Keys.Select(file => file.Split('/')).Where(parts => parts.Length == 2 && AdapterFiles.Marks(parts[1]))
            .Select(parts => parts[0]).Distinct().Order(StringComparer.Ordinal),
    ];

    public IByteSource Open(string fileName) =>
        files.TryGetValue(fileName, out ReadOnlyMemory<byte> bytes)
            ? new MemoryByteSource($"{name}/{fileName}", bytes)
            : throw new FileNotFoundException($"{name} has no file {fileName}.", fileName);

    private MemoryAdapterSource? Parent { get; init; }

    public IAdapterSource OpenNested(string folderName) => new MemoryAdapterSource(
        $"{name}/{folderName}",
        files.Where(file => file.Key.StartsWith(folderName + "/", StringComparison.Ordinal))
            .ToDictionary(file => file.Key[(folderName.Length + 1)..], file => file.Value, StringComparer.Ordinal))
    {
        Parent = this,
    };

    public IAdapterSource? OpenParent() => Parent?.FileNames.Contains(AdapterFiles.Config) == true ? Parent : null;

    public void Dispose()
    {
    }
}
