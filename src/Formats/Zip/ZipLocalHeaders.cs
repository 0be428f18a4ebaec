using System.Buffers.Binary;
using System.Text;
using Transfuse.Formats.Files;

namespace Transfuse.Formats.Zip;

/// <summary>
/// Finds where the bytes of entries begin, and that no two share any. Sizes in local headers are not believed: streaming writers,
/// PyTorch's among them, leave them 0 and put them behind the data.
/// </summary>
internal static class ZipLocalHeaders
{
    private const int Size = 30;

    /// <param name="source">The archive.</param>
    /// <param name="entries">Entries of the central directory; the data positions are filled in, the order becomes that of the file.</param>
    /// <param name="end">Where the central directory begins.</param>
    public static void Resolve(IByteSource source, ZipEntry[] entries, long end)
    {
        Array.Sort(entries, static (left, right) => left.HeaderPosition.CompareTo(right.HeaderPosition));
        byte[] buffer = new byte[Size + LongestName(entries)];
        for (int i = 0; i < entries.Length; i++)
        {
            ZipEntry entry = entries[i];
            long limit = i + 1 < entries.Length ? Math.Min(entries[i + 1].HeaderPosition, end) : end;
            int nameLength = Encoding.UTF8.GetByteCount(entry.Name);
            if (entry.HeaderPosition > limit - Size - nameLength)
            {
                throw Overlap(entry);
            }

            Span<byte> header = buffer.AsSpan(0, Size + nameLength);
            source.Read(entry.HeaderPosition, header);
            Check(entry, header);
            long position = entry.HeaderPosition + header.Length + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
            if (position > limit || entry.StoredLength > limit - position)
            {
                throw Overlap(entry);
            }

            entries[i] = entry with { DataPosition = position };
        }
    }

    private static int LongestName(ZipEntry[] entries)
    {
        int longest = 0;
        foreach (ZipEntry entry in entries)
        {
            longest = Math.Max(longest, Encoding.UTF8.GetByteCount(entry.Name));
        }

        return longest;
    }

    private static void Check(ZipEntry entry, ReadOnlySpan<byte> header)
    {
        // A reader that goes by local headers must see the same file.
        bool same = BinaryPrimitives.ReadUInt32LittleEndian(header) == 0x04034b50
            && (header[6] & 1) == 0
            && BinaryPrimitives.ReadUInt16LittleEndian(header[8..]) == (int)entry.Method
            && BinaryPrimitives.ReadUInt16LittleEndian(header[26..]) == header.Length - Size
            && header[Size..].SequenceEqual(Encoding.UTF8.GetBytes(entry.Name));
        if (!same)
        {
            throw new ZipFormatException(
                ZipError.Invalid, entry.Name, $"the entry {QuotedName.Of(entry.Name)} has no local header, or one that contradicts the directory");
        }
    }

    private static ZipFormatException Overlap(ZipEntry entry) =>
        new(ZipError.Overlap, entry.Name, $"the entry {QuotedName.Of(entry.Name)} reaches into the next entry or out of the archive");
}
