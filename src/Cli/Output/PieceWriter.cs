using System.Buffers;

namespace Transfuse.Cli.Output;

/// <summary>Bytes that are handed on in pieces.</summary>
internal abstract class PieceWriter : IBufferWriter<byte>
{
    private const int PieceLength = 1 << 16;

    private byte[] _piece = new byte[PieceLength];
    private int _length;

    /// <inheritdoc />
    public void Advance(int count) => _length += count;

    /// <inheritdoc />
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_piece.Length - _length < Math.Max(1, sizeHint))
        {
            Flush();
            if (_piece.Length < sizeHint)
            {
                _piece = new byte[sizeHint];
            }
        }

        return _piece.AsMemory(_length);
    }

    /// <inheritdoc />
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Hands on what is left.</summary>
    public void Flush()
    {
        if (_length > 0)
        {
            HandOn(_piece.AsSpan(0, _length));
            _length = 0;
        }
    }

    /// <summary>Takes a piece, which changes after the call.</summary>
    protected abstract void HandOn(ReadOnlySpan<byte> piece);
}
