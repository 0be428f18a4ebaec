using System.Buffers;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Batch.Outputs;

/// <summary>Bytes that go nowhere: they are compared with those of a file that is there.</summary>
internal sealed class ComparingByteSink : IByteSink
{
    private readonly FileByteSource? _file;
    private long _written;
    private int _differs;

    /// <param name="path">The file.</param>
    public ComparingByteSink(string path)
    {
        if (FileStatus.OfTarget(path).Kind == EntryKind.File)
        {
            _file = new FileByteSource(path);
        }
    }

    /// <summary>Whether all of the file was written, and nothing else.</summary>
    public bool IsEqual => _file is not null && _differs == 0 && Interlocked.Read(ref _written) == _file.Length;

    public void SetLength(long length)
    {
        if (length != _file?.Length)
        {
            Volatile.Write(ref _differs, 1);
        }
    }

    public void Write(long position, ReadOnlySpan<byte> bytes)
    {
        Interlocked.Add(ref _written, bytes.Length);
        if (_file is null || Volatile.Read(ref _differs) != 0 || position + bytes.Length > _file.Length)
        {
            Volatile.Write(ref _differs, 1);
            return;
        }

        byte[] there = ArrayPool<byte>.Shared.Rent(Math.Max(1, bytes.Length));
        try
        {
            _file.Read(position, there.AsSpan(0, bytes.Length));
            if (!bytes.SequenceEqual(there.AsSpan(0, bytes.Length)))
            {
                Volatile.Write(ref _differs, 1);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(there);
        }
    }

    public void Dispose() => _file?.Dispose();
}
