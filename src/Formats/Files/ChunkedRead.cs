namespace Transfuse.Formats.Files;

/// <summary>Reads of any length that can be cancelled.</summary>
internal static class ChunkedRead
{
    private const int ChunkLength = 4 << 20;

    /// <summary>Fills the destination and looks at the token every 4 MiB.</summary>
    public static void Fill(IByteSource source, long position, Span<byte> destination, CancellationToken cancellationToken)
    {
        while (!destination.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(destination.Length, ChunkLength);
            source.Read(position, destination[..count]);
            destination = destination[count..];
            position += count;
        }
    }
}
