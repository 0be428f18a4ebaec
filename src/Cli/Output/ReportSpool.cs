using System.Buffers;
using Transfuse.Formats.Json;

namespace Transfuse.Cli.Output;

/// <summary>
/// Parts of a report, written as they come and kept until its head is known: some megabytes in memory, more of them in a file that goes with the process. So a
/// report over ten thousand inputs takes no more memory than one over a hundred.
/// </summary>
internal sealed class ReportSpool : PieceWriter, IDisposable
{
    private const int MostInMemory = 4 << 20;

    private readonly List<(long Start, long Length)> _parts = [];
    private Stream _store = new MemoryStream();

    /// <summary>The parts in their order, to be written once more.</summary>
    public JsonSequence Parts => new(_parts.Select(part => new JsonWritten(output => Copy(part.Start, part.Length, output))));

    /// <summary>Adds a part.</summary>
    /// <param name="part">The part.</param>
    /// <param name="depth">How deep it will stand in the report.</param>
    /// <exception cref="IOException">The operating system failed.</exception>
    public void Add(JsonValue part, int depth)
    {
        long start = _store.Length;
        PythonJson.Write(this, part, PythonJsonStyle.Report, depth);
        Flush();
        _parts.Add((start, _store.Length - start));
    }

    /// <inheritdoc />
    public void Dispose() => _store.Dispose();

    /// <inheritdoc />
    protected override void HandOn(ReadOnlySpan<byte> piece)
    {
        if (_store is MemoryStream memory && memory.Length + piece.Length > MostInMemory)
        {
            _store = OpenFile();
            memory.WriteTo(_store);
            memory.Dispose();
        }

        _store.Seek(0, SeekOrigin.End);
        _store.Write(piece);
    }

    // Nobody else sees it, and where the system allows it, it has no name any more.
    private static FileStream OpenFile()
    {
        string path = Path.GetTempFileName();
        var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Delete, 1, FileOptions.DeleteOnClose);
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(path);
        }

        return file;
    }

    private void Copy(long start, long length, IBufferWriter<byte> output)
    {
        _store.Seek(start, SeekOrigin.Begin);
        while (length > 0)
        {
            Span<byte> piece = output.GetSpan();
            int read = _store.Read(piece[..(int)Math.Min(piece.Length, length)]);
            if (read == 0)
            {
                throw new EndOfStreamException("The report's parts were cut while they were gathered.");
            }

            output.Advance(read);
            length -= read;
        }
    }
}
