using System.Buffers.Binary;

namespace Transfuse.Oracle;

/// <summary>Sizes of the dtypes of safetensors and their elements as doubles.</summary>
public static class OracleDType
{
    public static int Size(string dtype) => dtype switch
    {
        "BOOL" or "U8" or "I8" => 1,
        "F16" or "BF16" or "I16" or "U16" => 2,
        "F32" or "I32" or "U32" => 4,
        "F64" or "I64" or "U64" => 8,
        _ => throw new InvalidDataException($"the oracle does not read dtype {dtype}"),
    };

    /// <summary>One value as F16, BF16, F32 or F64, rounded to nearest even.</summary>
    public static byte[] Encode(string dtype, double value)
    {
        switch (dtype)
        {
            case "F16":
                return BitConverter.GetBytes((Half)value);
            case "BF16":
                uint bits = BitConverter.SingleToUInt32Bits((float)value);
                return BitConverter.GetBytes((ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16));
            case "F32":
                return BitConverter.GetBytes((float)value);
            case "F64":
                return BitConverter.GetBytes(value);
            default:
                throw new InvalidDataException($"the oracle does not write dtype {dtype}");
        }
    }

    public static double[] Decode(string dtype, byte[] bytes)
    {
        int size = Size(dtype);
        double[] values = new double[bytes.Length / size];
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> at = bytes.AsSpan(i * size, size);
            values[i] = dtype switch
            {
                "BOOL" or "U8" => at[0],
                "I8" => (sbyte)at[0],
                "F16" => (double)BinaryPrimitives.ReadHalfLittleEndian(at),
                "BF16" => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(at) << 16),
                "I16" => BinaryPrimitives.ReadInt16LittleEndian(at),
                "U16" => BinaryPrimitives.ReadUInt16LittleEndian(at),
                "F32" => BinaryPrimitives.ReadSingleLittleEndian(at),
                "I32" => BinaryPrimitives.ReadInt32LittleEndian(at),
                "U32" => BinaryPrimitives.ReadUInt32LittleEndian(at),
                "F64" => BinaryPrimitives.ReadDoubleLittleEndian(at),
                "I64" => BinaryPrimitives.ReadInt64LittleEndian(at),
                _ => BinaryPrimitives.ReadUInt64LittleEndian(at),
            };
        }

        return values;
    }
}
