using System.Buffers.Binary;
using Transfuse.Formats.Files;

namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>Reads the bytes of pickles in order, through a window, so that strings are bounded before they are made.</summary>
internal sealed class PickleReader
{
    private readonly IByteSource _source;
    private readonly TorchRefusal _refusal;
    private readonly long _start;
    private readonly long _end;
    private readonly byte[] _window;
    private long _windowEnd;
    private int _next;
    private int _filled;

    /// <param name="source">The file.</param>
    /// <param name="start">First byte of the first pickle.</param>
    /// <param name="end">Where the last pickle ends at the latest.</param>
    /// <param name="refusal">Makes exceptions.</param>
    public PickleReader(IByteSource source, long start, long end, TorchRefusal refusal)
    {
        _source = source;
        _refusal = refusal;
        _start = start;
        _end = end;
        _windowEnd = start;

        // A string fits with its opcode; short files need no more than they have.
        _window = new byte[Math.Min(end - start, PickleLimits.StringLength + 64)];
    }

    /// <summary>Position of the next byte in the file.</summary>
    public long Position => _windowEnd - (_filled - _next);

    /// <summary>Bytes up to the end.</summary>
    public long Remaining => _end - Position;

    public byte ReadByte() => Read(1)[0];

    public int ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Read(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Read(4));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Read(4));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Read(8));

    /// <summary>The next bytes; valid until the next read.</summary>
    /// <param name="count">At most <see cref="PickleLimits.StringLength"/>.</param>
    public ReadOnlySpan<byte> Read(int count)
    {
        if (count > Remaining)
        {
            throw _refusal.Because(TorchCheckpointError.Truncated, null, $"the pickle ends at byte {_end}; {count} more bytes were expected at {Position}");
        }

        if (Position + count - _start > PickleLimits.Length)
        {
            throw _refusal.Because(TorchCheckpointError.LimitExceeded, null, $"the pickle is longer than {PickleLimits.Length} bytes");
        }

        if (count > _filled - _next)
        {
            Refill();
        }

        _next += count;
        return _window.AsSpan(_next - count, count);
    }

    /// <summary>The next bytes up to a line feed, which is skipped.</summary>
    public string ReadLine()
    {
        Span<byte> line = stackalloc byte[PickleLimits.LineLength];
        for (int length = 0; length < line.Length; length++)
        {
            line[length] = ReadByte();
            if (line[length] == '\n')
            {
                return Text(line[..length]);
            }
        }

        throw _refusal.Because(TorchCheckpointError.LimitExceeded, null, $"a global's name at byte {Position} is longer than {PickleLimits.LineLength} bytes");
    }

    /// <summary>The next bytes as UTF-8.</summary>
    public string ReadText(long length) => Text(ReadBounded(length));

    /// <summary>The next bytes of a string whose length the file gives.</summary>
    public ReadOnlySpan<byte> ReadBounded(long length) => length is >= 0 and <= PickleLimits.StringLength
        ? Read((int)length)
        : throw _refusal.Because(
            TorchCheckpointError.LimitExceeded, null, $"a string at byte {Position} has {length} bytes; at most {PickleLimits.StringLength} are read");

    private string Text(ReadOnlySpan<byte> bytes)
    {
        // UTF-8 is Python's "surrogatepass" in pickles; lone surrogates have no place in a tensor's name.
        return System.Text.Unicode.Utf8.IsValid(bytes)
            ? System.Text.Encoding.UTF8.GetString(bytes)
            : throw _refusal.Because(TorchCheckpointError.PickleInvalid, null, $"the string before byte {Position} is not UTF-8");
    }

    private void Refill()
    {
        int kept = _filled - _next;
        _window.AsSpan(_next, kept).CopyTo(_window);
        int more = (int)Math.Min(_window.Length - kept, _end - _windowEnd);
        _source.Read(_windowEnd, _window.AsSpan(kept, more));
        _windowEnd += more;
        _filled = kept + more;
        _next = 0;
    }
}
