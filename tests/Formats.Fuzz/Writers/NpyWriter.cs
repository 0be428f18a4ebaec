using System.Buffers.Binary;
using System.Text;

namespace Transfuse.Formats.Fuzz.Writers;

/// <summary>Writes members of npz files.</summary>
public static class NpyWriter
{
    /// <summary>A member with the header that numpy writes for type and shape.</summary>
    public static byte[] Write(string descr, long[] shape, byte[] data, bool fortran = false, byte version = 1)
    {
        string sizes = shape.Length == 1 ? $"{shape[0]}," : string.Join(", ", shape);
        return WriteHeader($"{{'descr': '{descr}', 'fortran_order': {(fortran ? "True" : "False")}, 'shape': ({sizes}), }}", data, version);
    }

    /// <summary>A member with any header text, padded as numpy pads.</summary>
    public static byte[] WriteHeader(string text, byte[] data, byte version = 1)
    {
        int prefix = version == 1 ? 10 : 12;
        byte[] header = Encoding.Latin1.GetBytes(text.PadRight(((prefix + text.Length + 64) / 64 * 64) - prefix - 1) + "\n");
        byte[] start = new byte[prefix];
        byte[] magic = [0x93, .. "NUMPY"u8, version, 0];
        magic.CopyTo(start, 0);
        if (version == 1)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(start.AsSpan(8), (ushort)header.Length);
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(start.AsSpan(8), header.Length);
        }

        return [.. start, .. header, .. data];
    }
}
