using System.Buffers;
using System.IO.Hashing;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Batch.Journal;

/// <summary>
/// The hash by which a journal knows files again: XXH128. It tells whether a file has changed, at the speed of memory; it is no proof against someone who
/// wants to deceive.
/// </summary>
internal static class FileHash
{
    private const int PartBytes = 256 << 10;
    private const string Prefix = "xxh128:";

    /// <summary>Of a file.</summary>
    /// <exception cref="FileKindException">It is no regular file.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static string Of(string path)
    {
        using var file = new FileByteSource(path);
        return Of(file);
    }

    /// <summary>Of an open file.</summary>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static string Of(IByteSource file)
    {
        var hash = new XxHash128();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PartBytes);
        try
        {
            for (long position = 0; position < file.Length;)
            {
                Span<byte> part = buffer.AsSpan(0, (int)Math.Min(PartBytes, file.Length - position));
                file.Read(position, part);
                hash.Append(part);
                position += part.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Text(hash);
    }

    public static string OfText(string text) => OfBytes(System.Text.Encoding.UTF8.GetBytes(text));

    public static string OfBytes(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[16];
        XxHash128.Hash(bytes, hash);
        return Text(hash);
    }

    /// <summary>What was appended, as it is written.</summary>
    public static string Text(XxHash128 hash)
    {
        Span<byte> bytes = stackalloc byte[16];
        hash.GetCurrentHash(bytes);
        return Text(bytes);
    }

    private static string Text(ReadOnlySpan<byte> hash) => Prefix + Convert.ToHexStringLower(hash);
}
