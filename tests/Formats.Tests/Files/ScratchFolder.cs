namespace Transfuse.Formats.Tests.Files;

/// <summary>An empty folder for one test.</summary>
internal sealed class ScratchFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("transfuse-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Names of everything in the folder, hidden entries too.</summary>
    public IEnumerable<string> Entries =>
        Directory.EnumerateFileSystemEntries(Path).Select(path => System.IO.Path.GetFileName(path)).Order(StringComparer.Ordinal);

    /// <summary>Makes a folder of text files.</summary>
    public string Make(string name, params (string Name, string Text)[] files)
    {
        Directory.CreateDirectory(this[name]);
        foreach ((string file, string text) in files)
        {
            File.WriteAllText(System.IO.Path.Combine(this[name], file), text);
        }

        return this[name];
    }

    /// <summary>A folder's text files, and those below it, as <c>name=text</c>, or <see langword="null"/> where there is none.</summary>
    public static string? Contents(string folder) => !Directory.Exists(folder) ? null : string.Join(
        ' ',
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Select(path => $"{System.IO.Path.GetRelativePath(folder, path)}={File.ReadAllText(path)}"));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
