namespace Transfuse.Formats.Tensors;

/// <summary>Size and names of <see cref="DType"/> values.</summary>
/// <example>
/// <code>
/// Console.WriteLine(DType.BF16.SafetensorsName());        // BF16
/// Console.WriteLine(DType.BF16.BitSize());                // 16
/// </code>
/// </example>
public static class DTypeExtensions
{
    private static readonly string[] SafetensorsNames =
    [
        "BOOL", "F4", "F6_E2M3", "F6_E3M2", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ",
        "I16", "U16", "F16", "BF16", "I32", "U32", "F32", "C64", "F64", "I64", "U64",
    ];

    /// <summary>Bits of one element.</summary>
    public static int BitSize(this DType dtype) => dtype switch
    {
        DType.F4 => 4,
        DType.F6E2M3 or DType.F6E3M2 => 6,
        < DType.I16 => 8,
        < DType.I32 => 16,
        < DType.C64 => 32,
        _ => 64,
    };

    /// <summary>The type's name in a safetensors header, such as <c>BF16</c>.</summary>
    public static string SafetensorsName(this DType dtype) => SafetensorsNames[(int)dtype];

    /// <summary>Whether elements are float16, bfloat16, float32 or float64, the types that an adapter's factors have.</summary>
    public static bool IsFactorFloat(this DType dtype) => dtype is DType.F16 or DType.BF16 or DType.F32 or DType.F64;

    /// <summary>Whether elements are floats of eight bits whose values bfloat16 holds exactly: E4M3 and E5M2.</summary>
    public static bool IsEightBitFloat(this DType dtype) => dtype is DType.F8E4M3 or DType.F8E5M2;

    /// <summary>Finds the type that a safetensors header names; case-sensitive.</summary>
    public static bool TryParseSafetensorsName(string name, out DType dtype)
    {
        int index = Array.IndexOf(SafetensorsNames, name);
        dtype = (DType)Math.Max(index, 0);
        return index >= 0;
    }
}
