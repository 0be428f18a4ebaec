using System.Buffers;
using System.IO.Compression;
using Transfuse.Formats.Files;
using Transfuse.Formats.Zip;

namespace Transfuse.Formats.Npz;

/// <summary>One array of an archive. Stored bytes are read where they lie, deflated ones are decompressed straight to where they are wanted.</summary>
internal sealed class NpzMember(IByteSource source, ZipEntry entry)
{
    private const int ChunkLength = 1 << 20;

    public ZipEntry Entry { get; } = entry;

    /// <summary>Reads what stands before the elements.</summary>
    /// <exception cref="NpzException">It is refused.</exception>
    public NpyHeader ReadHeader()
    {
        try
        {
            using Stream stream = Open();
            return NpyHeader.Read(stream);
        }
        catch (Exception exception) when (exception is NpyFormatException or InvalidDataException)
        {
            throw Refusal(exception);
        }
    }

    /// <summary>Reads the elements and compares the checksum of the whole member.</summary>
    /// <param name="headerLength">Bytes before the elements.</param>
    /// <param name="destination">Filled completely; the member must end with it.</param>
    /// <param name="cancellationToken">Ends the work with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="NpzException">The bytes are damaged.</exception>
    public void ReadElements(int headerLength, Span<byte> destination, CancellationToken cancellationToken)
    {
        byte[] header = ArrayPool<byte>.Shared.Rent(headerLength);
        try
        {
            using Stream stream = Open();
            var checksum = default(Crc32);
            Fill(stream, header.AsSpan(0, headerLength), ref checksum, cancellationToken);
            Fill(stream, destination, ref checksum, cancellationToken);
            if (stream.ReadByte() >= 0)
            {
                throw new NpyFormatException(NpzError.SizeMismatch, "the array goes on after its last element");
            }

            if (checksum.Value != Entry.Crc)
            {
                throw new NpyFormatException(NpzError.ChecksumMismatch, $"its checksum is {checksum.Value:x8}, and the archive says {Entry.Crc:x8}");
            }
        }
        catch (Exception exception) when (exception is NpyFormatException or InvalidDataException)
        {
            throw Refusal(exception);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(header);
        }
    }

    public NpzException Refusal(NpzError error, string message, Exception? innerException = null) =>
        new(error, source.Name, QuotedName.Bare(Entry.Name), $"{QuotedName.Of(Entry.Name)}: {message}", innerException);

    private static void Fill(Stream stream, Span<byte> destination, ref Crc32 checksum, CancellationToken cancellationToken)
    {
        while (!destination.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Span<byte> chunk = destination[..Math.Min(destination.Length, ChunkLength)];
            if (stream.ReadAtLeast(chunk, chunk.Length, throwOnEndOfStream: false) < chunk.Length)
            {
                throw new NpyFormatException(NpzError.SizeMismatch, "the array ends before its last element");
            }

            checksum.Append(chunk);
            destination = destination[chunk.Length..];
        }
    }

    private NpzException Refusal(Exception exception) => exception is NpyFormatException format
        ? Refusal(format.Error, format.Message, format)
        : Refusal(NpzError.DataInvalid, "its compressed bytes are damaged", exception);

    private Stream Open()
    {
        var stored = new ByteSourceStream(source, Entry.DataPosition, Entry.StoredLength);
        return Entry.Method == ZipMethod.Stored ? stored : new DeflateStream(stored, CompressionMode.Decompress);
    }
}
