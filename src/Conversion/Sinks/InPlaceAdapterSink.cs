using System.Collections.Immutable;
using System.Security.Cryptography;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sinks;

/// <summary>
/// Replaces single files of a folder and leaves the others alone. Each original stays as <c>NAME.orig</c>, or <c>NAME.orig.2</c> and so on where that is taken.
/// Every file is written completely under a temporary name first; files then take their places one by one, in the order in which they were created.
/// </summary>
/// <param name="folder">The folder.</param>
/// <param name="durable">Whether to return only when files have reached the disk. Default of the command: no.</param>
internal sealed class InPlaceAdapterSink(string folder, bool durable) : IAdapterSink
{
    private const string Original = ".orig";
    private const string Temporary = ".transfuse-tmp";

    private readonly string _random = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
    private readonly List<string> _names = [];

    /// <summary>Files that a committed file makes superfluous, and that are set aside like originals.</summary>
    public ImmutableArray<string> Superseded { get; init; } = [];

    /// <summary>Whether a name is that of an unfinished file of an ended process.</summary>
    public static bool IsTemporary(string name) => name.EndsWith(Temporary, StringComparison.Ordinal);

    public void Begin() => _names.Clear();

    public IByteSink Create(string fileName)
    {
        var file = new FileByteSink(TemporaryPath(fileName));
        _names.Add(fileName);
        return durable ? new FlushedByteSink(file) : file;
    }

    public void Commit()
    {
        foreach (string name in _names)
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path))
            {
                File.Copy(path, FreeName(path));
            }

            File.Move(TemporaryPath(name), path, overwrite: true);
        }

        foreach (string path in Superseded.Select(name => Path.Combine(folder, name)).Where(File.Exists))
        {
            File.Move(path, FreeName(path));
        }

        _names.Clear();
    }

    public void Dispose()
    {
        foreach (string name in _names)
        {
            File.Delete(TemporaryPath(name));
        }
    }

    private static string FreeName(string path)
    {
        string name = path + Original;
        for (int number = 2; Path.Exists(name); number++)
        {
            name = $"{path}{Original}.{number}";
        }

        return name;
    }

    private string TemporaryPath(string name) => Path.Combine(folder, $".{name}.{_random}{Temporary}");
}
