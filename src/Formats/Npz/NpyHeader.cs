using System.Buffers.Binary;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Npz;

/// <summary>What stands before the elements of an array in the npy format.</summary>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Extents.</param>
/// <param name="IsFortranOrder">Whether the first index varies fastest.</param>
/// <param name="Length">Bytes before the first element.</param>
internal sealed record NpyHeader(NpyType Type, TensorShape Shape, bool IsFortranOrder, int Length)
{
    /// <summary>Bytes of the dictionary that are read at most; numpy 2 has the same bound.</summary>
    public const int MaxTextLength = 10_000;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads the header at the beginning of a member.</summary>
    /// <exception cref="NpyFormatException">It is refused.</exception>
    public static NpyHeader Read(Stream member)
    {
        Span<byte> start = stackalloc byte[12];
        Fill(member, start[..8]);
        if (!start.StartsWith(Magic))
        {
            throw new NpyFormatException(NpzError.MagicMissing, "the member does not begin like an array of numpy");
        }

        if (start[6] is not (1 or 2 or 3) || start[7] != 0)
        {
            throw new NpyFormatException(
                NpzError.VersionUnsupported, $"the member has version {start[6]}.{start[7]} of the npy format; 1.0, 2.0 and 3.0 are known");
        }

        int prefix = start[6] == 1 ? 10 : 12;
        Fill(member, start[8..prefix]);
        uint length = prefix == 10 ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        if (length > MaxTextLength)
        {
            throw new NpyFormatException(NpzError.LimitExceeded, $"the array's header has {length} bytes; at most {MaxTextLength} are read");
        }

        Span<byte> text = stackalloc byte[(int)length];
        Fill(member, text);
        (string descr, bool fortran, TensorShape shape) = new NpyHeaderParser(text).Parse();
        return new NpyHeader(NpyType.Parse(descr), shape, fortran, prefix + (int)length);
    }

    private static void Fill(Stream member, Span<byte> bytes)
    {
        if (member.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw new NpyFormatException(NpzError.SizeMismatch, "the member ends inside its header");
        }
    }
}
