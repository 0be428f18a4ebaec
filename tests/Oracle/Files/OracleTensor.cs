namespace Transfuse.Oracle;

/// <summary>A tensor as it lies in a file: its name, dtype, row-major shape, values as doubles and bytes as stored.</summary>
public sealed record OracleTensor(string Name, string DType, long[] Shape, double[] Values, byte[] Bytes)
{
    public DenseArray ToArray() => new(Shape, Values);

    /// <summary>A tensor made of an array, rounded to F16, BF16 (to nearest even), F32 or F64.</summary>
    public static OracleTensor Of(string name, DenseArray array, string dtype)
    {
        byte[] bytes = [.. array.Values.SelectMany(value => OracleDType.Encode(dtype, value))];
        return new OracleTensor(name, dtype, array.Shape, OracleDType.Decode(dtype, bytes), bytes);
    }

    /// <summary>A float32 tensor made of an array; the bytes are its values rounded to float32.</summary>
    public static OracleTensor F32(string name, DenseArray array)
    {
        byte[] bytes = new byte[array.Values.Length * 4];
        double[] values = new double[array.Values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            float value = (float)array.Values[i];
            values[i] = value;
            BitConverter.TryWriteBytes(bytes.AsSpan(i * 4), value);
        }

        return new OracleTensor(name, "F32", array.Shape, values, bytes);
    }
}
