using System.Buffers.Binary;
using Transfuse.Formats.Files;

namespace Transfuse.Formats.Zip;

/// <summary>What the end of an archive says about its central directory, with the zip64 record where there is one.</summary>
internal readonly record struct ZipEndRecord(long EntryCount, long DirectoryPosition, long DirectoryLength)
{
    private const int Size = 22;
    private const int LocatorSize = 20;
    private const int Zip64Size = 56;

    /// <summary>Reads the record, which must be the file's last bytes: a comment would let two readers find two directories.</summary>
    public static ZipEndRecord Read(IByteSource source)
    {
        long position = source.Length - Size;
        Span<byte> end = stackalloc byte[Size];
        if (position < 0 || !TryReadSigned(source, position, end, 0x06054b50) || U16(end, 20) != 0)
        {
            throw new ZipFormatException(ZipError.EndMissing, null, "the archive has no end record at its end: it is truncated, or other bytes follow it");
        }

        var record = new ZipEndRecord(U16(end, 10), U32(end, 16), U32(end, 12));
        Span<byte> locator = stackalloc byte[LocatorSize];
        bool zip64 = position >= LocatorSize + Zip64Size && TryReadSigned(source, position - LocatorSize, locator, 0x07064b50);
        if (!zip64)
        {
            return U16(end, 4) == 0 && U16(end, 6) == 0 && U16(end, 8) == record.EntryCount ? record.CheckedUpTo(position) : throw Contradiction();
        }

        ulong at = BinaryPrimitives.ReadUInt64LittleEndian(locator[8..]);
        return at <= (ulong)(position - LocatorSize - Zip64Size)
            ? ReadZip64(source, (long)at, position - LocatorSize, record)
            : throw Contradiction();
    }

    private static ZipEndRecord ReadZip64(IByteSource source, long position, long locatorPosition, ZipEndRecord narrow)
    {
        Span<byte> bytes = stackalloc byte[Zip64Size];
        if (!TryReadSigned(source, position, bytes, 0x06064b50)
            || U64(bytes, 4) != locatorPosition - position - 12
            || U32(bytes, 16) != 0
            || U32(bytes, 20) != 0
            || U64(bytes, 24) != U64(bytes, 32))
        {
            throw Contradiction();
        }

        var wide = new ZipEndRecord(U64(bytes, 32), U64(bytes, 48), U64(bytes, 40));
        bool agree = narrow.EntryCount is var count && (count == 0xFFFF || count == wide.EntryCount)
            && (narrow.DirectoryPosition == uint.MaxValue || narrow.DirectoryPosition == wide.DirectoryPosition)
            && (narrow.DirectoryLength == uint.MaxValue || narrow.DirectoryLength == wide.DirectoryLength);
        return agree ? wide.CheckedUpTo(position) : throw Contradiction();
    }

    private static bool TryReadSigned(IByteSource source, long position, Span<byte> bytes, uint signature)
    {
        source.Read(position, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes) == signature;
    }

    private static int U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long U64(ReadOnlySpan<byte> bytes, int at)
    {
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
        return value <= long.MaxValue ? (long)value : throw Contradiction();
    }

    private static ZipFormatException Contradiction() =>
        new(ZipError.Invalid, null, "the archive's end records contradict each other or the file's length");

    private ZipEndRecord CheckedUpTo(long end) =>
        DirectoryPosition <= end && DirectoryLength == end - DirectoryPosition ? this : throw Contradiction();
}
