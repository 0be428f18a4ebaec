using Transfuse.Cli.Output;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;

namespace Transfuse.Cli.Commands;

/// <summary>
/// A file with a report, such as <c>--report</c> names: begun before the work, so that a wrong place shows early, and whole or absent after it.
/// </summary>
internal sealed class ReportFile : IDisposable
{
    private readonly AtomicFile _file;
    private readonly string[] _places;
    private readonly string _option;

    private ReportFile(AtomicFile file, string[] places, string option)
    {
        _file = file;
        _places = places;
        _option = option;
    }

    /// <summary>Begins the file.</summary>
    /// <param name="path">Where it is to appear. A file that is there is replaced, unless it is one of an input or output and no report.</param>
    /// <param name="inputs">Files and folders that are read.</param>
    /// <param name="outputs">Folders that are written.</param>
    /// <param name="option">The option that names the file.</param>
    /// <exception cref="UsageException">The place is a folder or otherwise no file, or a file of an input.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static ReportFile Open(string path, IReadOnlyCollection<string> inputs, IReadOnlyCollection<string> outputs, string option = "--report")
    {
        string full = FileStatus.RealPath(path);
        EntryKind kind = FileStatus.OfTarget(full).Kind;
        if (kind is not (EntryKind.Missing or EntryKind.File))
        {
            throw new UsageException($"{option} '{path}' is no file{(kind == EntryKind.Folder ? " but a folder" : "; --json prints the report")}.");
        }

        string[] places = [.. inputs.Concat(outputs)];
        RefuseOthers(full, places, option);
        return new ReportFile(
            AtomicFile.Create(path, outputs.Select(output => Outside(full, output)).FirstOrDefault(outside => outside is not null)), places, option);
    }

    /// <summary>Writes it.</summary>
    /// <exception cref="UsageException">A file of an output stands there.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public void Commit(ReadOnlySpan<byte> content)
    {
        _file.Append(content);
        Install();
    }

    /// <summary>Writes a document.</summary>
    /// <inheritdoc cref="Commit(ReadOnlySpan{byte})" path="/exception" />
    public void Commit(JsonObject document)
    {
        var pieces = new Pieces(_file);
        PythonJson.Write(pieces, document, PythonJsonStyle.Report);
        pieces.Flush();
        Install();
    }

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();

    private void Install()
    {
        RefuseOthers(_file.FilePath, _places, _option);
        _file.Commit();
    }

    private static void RefuseOthers(string path, IReadOnlyCollection<string> places, string option)
    {
        FileStatus there = FileStatus.OfTarget(path);
        if (there.Kind == EntryKind.File && places.Any(place => Holds(place, path, there)) && !IsReport(path))
        {
            throw new UsageException($"{option} '{path}' is a file of an input or output, and no report; it is not replaced.");
        }
    }

    // A file of a folder is one that lies in it, or that one of its links leads to.
    private static bool Holds(string place, string path, FileStatus file)
    {
        string real = FileStatus.RealPath(place);
        string? folder = Directory.Exists(real) ? real : Path.GetDirectoryName(real);
        if (folder is null || !Directory.Exists(folder))
        {
            return false;
        }

        FileStatus status = FileStatus.OfTarget(folder);
        for (string? parent = Path.GetDirectoryName(path); parent is not null; parent = Path.GetDirectoryName(parent))
        {
            if (status.Identity is null ? parent == folder : FileStatus.OfTarget(parent).Identity == status.Identity)
            {
                return true;
            }
        }

        return file.Identity is not null && Directory.EnumerateFiles(folder).Any(entry => FileStatus.OfTarget(entry).Identity == file.Identity);
    }

    private static bool IsReport(string path)
    {
        using var file = new FileByteSource(path);
        Span<byte> start = stackalloc byte[(int)Math.Min(file.Length, 64)];
        file.Read(0, start);
        return start.IsEmpty || start.IndexOf("\"schema\": \"transfuse."u8) >= 0;
    }

    // For a report within an output: the nearest folder around the output. The output itself comes and goes.
    private static string? Outside(string path, string output)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output));
        if (!path.StartsWith(full + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            return null;
        }

        string? parent = Path.GetDirectoryName(full);
        while (parent is not null && !Directory.Exists(parent))
        {
            parent = Path.GetDirectoryName(parent);
        }

        return parent;
    }

    private sealed class Pieces(AtomicFile file) : PieceWriter
    {
        protected override void HandOn(ReadOnlySpan<byte> piece) => file.Append(piece);
    }
}
