using System.Buffers;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sources;

/// <summary>
/// Small files of one input that were read whole, once: what is made of them later is made of the very bytes that were hashed. Their buffers are given back
/// when this is disposed; who reads one afterwards is told so. Reads are safe for concurrent use.
/// </summary>
internal sealed class HeldFiles : IDisposable
{
    // Of one input together, as much as a core's own cache holds. What is larger is read again, part by part.
    private const int MostBytes = 4 << 20;

    private readonly Dictionary<string, (byte[] Buffer, int Length)> _files = new(StringComparer.Ordinal);
    private int _left = MostBytes;
    private volatile bool _disposed;

    /// <summary>Whether all files are held that were to be.</summary>
    public bool IsWhole { get; private set; } = true;

    /// <summary>Reads a file whole and keeps it, under the path that it was opened by.</summary>
    /// <param name="file">The file.</param>
    /// <param name="bytes">Its bytes, until this is disposed.</param>
    /// <returns><see langword="false"/> where it is too large, or held already.</returns>
    /// <exception cref="IOException">The operating system failed.</exception>
    public bool TryRead(FileByteSource file, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (_files.ContainsKey(file.Name))
        {
            return false;
        }

        if (file.Length > _left)
        {
            IsWhole = false;
            return false;
        }

        int length = (int)file.Length;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1, length));
        try
        {
            file.Read(0, buffer.AsSpan(0, length));
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }

        _files.Add(file.Name, (buffer, length));
        _left -= length;
        bytes = buffer.AsSpan(0, length);
        return true;
    }

    /// <summary>A held file, or <see langword="null"/>.</summary>
    public IByteSource? Find(string path) => _files.TryGetValue(path, out (byte[] Buffer, int Length) held) ? new Source(this, path, held) : null;

    /// <inheritdoc />
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        foreach ((byte[] buffer, _) in _files.Values)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private sealed class Source(HeldFiles owner, string path, (byte[] Buffer, int Length) held) : IByteView
    {
        private volatile bool _disposed;

        public string Name => path;

        public long Length => held.Length;

        public ReadOnlySpan<byte> View(long position, int length)
        {
            ObjectDisposedException.ThrowIf(_disposed || owner._disposed, this);
            ArgumentOutOfRangeException.ThrowIfNegative(position);
            return position <= held.Length - length ? held.Buffer.AsSpan((int)position, length)
                : throw new EndOfStreamException($"{path} has {held.Length} bytes; {length} were wanted at {position}.");
        }

        public void Read(long position, Span<byte> destination)
        {
            View(position, destination.Length).CopyTo(destination);

            // The buffer goes back after the mark is set: where it is not set now, these were the file's bytes.
            ObjectDisposedException.ThrowIf(owner._disposed, this);
        }

        public void Dispose() => _disposed = true;
    }
}
