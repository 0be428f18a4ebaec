using System.Buffers.Binary;
using Transfuse.Formats.Files;

namespace Transfuse.Formats.Zip;

/// <summary>Reads one header of a central directory.</summary>
internal static class ZipCentralHeader
{
    public const int Size = 46;

    private const int EncryptedFlags = 0x2041;
    private const int Utf8Flag = 0x0800;
    private const ushort Zip64Id = 0x0001;

    /// <summary>Reads a header and moves on; the entry's data position is found later, in its local header.</summary>
    public static ZipEntry Read(ref ReadOnlySpan<byte> directory, bool allowDeflate)
    {
        if (directory.Length < Size || BinaryPrimitives.ReadUInt32LittleEndian(directory) != 0x02014b50)
        {
            throw Invalid(null, "the central directory is cut short or holds something else than headers");
        }

        ReadOnlySpan<byte> header = directory[..Size];
        int nameLength = U16(header, 28);
        int extraLength = U16(header, 30);
        int total = Size + nameLength + extraLength + U16(header, 32);
        if (directory.Length < total)
        {
            throw Invalid(null, "the last header of the central directory is cut short");
        }

        int flags = U16(header, 8);
        string name = ZipEntryName.Decode(directory.Slice(Size, nameLength), (flags & Utf8Flag) != 0);
        ReadOnlySpan<byte> extra = directory.Slice(Size + nameLength, extraLength);
        directory = directory[total..];
        if ((flags & EncryptedFlags) != 0)
        {
            throw new ZipFormatException(ZipError.Encrypted, name, $"the entry {QuotedName.Of(name)} is encrypted");
        }

        ReadOnlySpan<byte> wide = Zip64Field(extra, name);
        long length = Widen(U32(header, 24), ref wide, name);
        long stored = Widen(U32(header, 20), ref wide, name);
        long position = Widen(U32(header, 42), ref wide, name);
        ZipMethod method = Method(U16(header, 10), allowDeflate, name);
        if (U16(header, 34) != 0 || (method == ZipMethod.Stored && stored != length))
        {
            throw Invalid(name, $"the entry {QuotedName.Of(name)} is on another disk or has two sizes");
        }

        return new ZipEntry(name, method, U32(header, 16), stored, length, position, DataPosition: -1);
    }

    private static ZipMethod Method(int method, bool allowDeflate, string name) => method switch
    {
        (int)ZipMethod.Stored => ZipMethod.Stored,
        (int)ZipMethod.Deflated when allowDeflate => ZipMethod.Deflated,
        _ => throw new ZipFormatException(ZipError.MethodRefused, name, $"the entry {QuotedName.Of(name)} is compressed with method {method}"),
    };

    private static ReadOnlySpan<byte> Zip64Field(ReadOnlySpan<byte> extra, string name)
    {
        ReadOnlySpan<byte> found = [];
        while (!extra.IsEmpty)
        {
            if (extra.Length < 4 || extra.Length - 4 < U16(extra, 2))
            {
                throw Invalid(name, $"the extra fields of the entry {QuotedName.Of(name)} are cut short");
            }

            int length = U16(extra, 2);
            if (U16(extra, 0) == Zip64Id)
            {
                found = found.IsEmpty ? extra.Slice(4, length) : throw Invalid(name, $"the entry {QuotedName.Of(name)} has two zip64 fields");
            }

            extra = extra[(4 + length)..];
        }

        return found;
    }

    private static long Widen(uint narrow, ref ReadOnlySpan<byte> wide, string name)
    {
        if (narrow != uint.MaxValue)
        {
            return narrow;
        }

        long value = wide.Length < 8 ? -1 : BinaryPrimitives.ReadInt64LittleEndian(wide);
        if (value < 0)
        {
            throw Invalid(name, $"the entry {QuotedName.Of(name)} lacks its zip64 sizes or has impossible ones");
        }

        wide = wide[8..];
        return value;
    }

    private static int U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ZipFormatException Invalid(string? name, string message) => new(ZipError.Invalid, name, message);
}
