using System.IO.Hashing;
using Transfuse.Conversion.Batch.Journal;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Batch.Outputs;

/// <summary>Bytes that are hashed on their way, as long as they come in order.</summary>
/// <param name="sink">Where they go.</param>
internal sealed class HashingByteSink(IByteSink sink) : IByteSink
{
    private readonly Lock _gate = new();
    private readonly XxHash128 _hash = new();
    private long _position;
    private bool _isInOrder = true;

    /// <summary>The hash; <see langword="null"/> where the bytes came in another order, or from two threads at once.</summary>
    public string? Hash => _isInOrder ? FileHash.Text(_hash) : null;

    public void SetLength(long length) => sink.SetLength(length);

    public void Write(long position, ReadOnlySpan<byte> bytes)
    {
        sink.Write(position, bytes);
        lock (_gate)
        {
            _isInOrder &= position == _position;
            if (_isInOrder)
            {
                _hash.Append(bytes);
                _position += bytes.Length;
            }
        }
    }

    public void Dispose() => sink.Dispose();
}
