using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Models.Bases;

/// <summary>The files of a folder.</summary>
/// <param name="folder">The folder.</param>
internal sealed class FolderBaseFiles(string folder) : IBaseFiles
{
    public IReadOnlyCollection<string> Names => [.. Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path))];

    public IByteSource Open(string name) => new FileByteSource(Path.Combine(folder, name));
}
