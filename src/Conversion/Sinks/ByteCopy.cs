using System.Buffers;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sinks;

/// <summary>Copies a file byte for byte, in parts, so that memory does not depend on its size.</summary>
internal static class ByteCopy
{
    private const int PartBytes = 1 << 20;

    /// <exception cref="IOException">The operating system failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two parts.</exception>
    public static void Copy(IByteSource source, IByteSink target, CancellationToken cancellationToken)
    {
        target.SetLength(source.Length);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PartBytes);
        try
        {
            for (long position = 0; position < source.Length;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Span<byte> part = buffer.AsSpan(0, (int)Math.Min(PartBytes, source.Length - position));
                source.Read(position, part);
                target.Write(position, part);
                position += part.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
