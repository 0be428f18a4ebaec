using System.Collections.Immutable;
using System.Security.Cryptography;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sinks;

/// <summary>
/// Replaces single files of a folder and leaves the others alone. Each original stays as <c>NAME.orig</c>, or <c>NAME.orig.2</c> and so on where that is taken.
/// Every file is written completely under a temporary name first; then originals are copied, and files take their places one by one. Where the operating system refuses one of these steps,
/// those before it are undone. Only a process that is killed between them leaves some files new and others old; the originals lie beside them then.
/// </summary>
/// <param name="folder">The folder.</param>
/// <param name="durable">Whether to return only when files have reached the disk. Default of the command: no.</param>
internal sealed class InPlaceAdapterSink(string folder, bool durable) : IAdapterSink
{
    private const string Original = ".orig";
    private const string Temporary = ".transfuse-tmp";

    private readonly string _random = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
    private readonly List<string> _names = [];
    private readonly Dictionary<string, string> _originals = new(StringComparer.Ordinal);

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
        var undo = new Stack<Action>();
        try
        {
            foreach (string path in _names.Select(PathOf).Where(File.Exists))
            {
                string original = FreeName(path);
                undo.Push(() => File.Delete(original));
                File.Copy(path, original);
                _originals[path] = original;
            }

            foreach (string name in _names)
            {
                Place(name, undo);
            }

            foreach (string path in Superseded.Select(PathOf).Where(File.Exists))
            {
                string aside = FreeName(path);
                File.Move(path, aside);
                undo.Push(() => File.Move(aside, path));
            }
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            Undo(undo, failed);
            throw;
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

    private void Place(string name, Stack<Action> undo)
    {
        string path = PathOf(name);
        File.Move(TemporaryPath(name), path, overwrite: true);
        undo.Push(_originals.TryGetValue(path, out string? original)
            ? () => File.Move(original, path, overwrite: true)
            : () => File.Delete(path));
    }

    private void Undo(Stack<Action> steps, Exception failed)
    {
        try
        {
            while (steps.TryPop(out Action? step))
            {
                step();
            }
        }
        catch (Exception again) when (again is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{failed.Message} Not all files of {folder} could be put back either: {again.Message} The originals lie beside them as *{Original}.", failed);
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

    private string PathOf(string name) => Path.Combine(folder, name);

    private string TemporaryPath(string name) => Path.Combine(folder, $".{name}.{_random}{Temporary}");
}
