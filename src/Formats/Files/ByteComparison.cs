using System.Buffers;

namespace Transfuse.Formats.Files;

/// <summary>Compares files.</summary>
internal static class ByteComparison
{
    private const int ChunkLength = 1 << 20;

    /// <summary>Whether two have the same bytes.</summary>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static bool AreEqual(IByteSource first, IByteSource second)
    {
        if (first.Length != second.Length)
        {
            return false;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(2 * ChunkLength);
        try
        {
            for (long position = 0; position < first.Length;)
            {
                int count = (int)Math.Min(ChunkLength, first.Length - position);
                Span<byte> left = buffer.AsSpan(0, count), right = buffer.AsSpan(ChunkLength, count);
                first.Read(position, left);
                second.Read(position, right);
                if (!left.SequenceEqual(right))
                {
                    return false;
                }

                position += count;
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
