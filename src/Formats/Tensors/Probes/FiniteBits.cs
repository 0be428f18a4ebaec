using System.Numerics;
using System.Runtime.InteropServices;

namespace Transfuse.Formats.Tensors.Probes;

/// <summary>Tells infinity and NaN from other values by their bits: only they have every bit of the exponent set.</summary>
internal static class FiniteBits
{
    /// <summary>Whether no element is infinite or NaN; the bytes are whole elements.</summary>
    public static bool AllFinite(DType dtype, ReadOnlySpan<byte> elements) => !(dtype switch
    {
        DType.F16 => AnyHasAll<ushort>(elements, 0x7C00),
        DType.BF16 => AnyHasAll<ushort>(elements, 0x7F80),
        DType.F32 => AnyHasAll<uint>(elements, 0x7F80_0000),
        DType.F64 => AnyHasAll<ulong>(elements, 0x7FF0_0000_0000_0000),
        _ => throw new ArgumentException($"{dtype.SafetensorsName()} is not float16, bfloat16, float32 or float64.", nameof(dtype)),
    });

    private static bool AnyHasAll<T>(ReadOnlySpan<byte> elements, T exponent)
        where T : unmanaged, IBinaryInteger<T>
    {
        ReadOnlySpan<T> bits = MemoryMarshal.Cast<byte, T>(elements);
        ReadOnlySpan<Vector<T>> vectors = MemoryMarshal.Cast<T, Vector<T>>(bits);
        var exponents = new Vector<T>(exponent);
        Vector<T> found = Vector<T>.Zero;
        foreach (Vector<T> vector in vectors)
        {
            found |= Vector.Equals(vector & exponents, exponents);
        }

        bool any = found != Vector<T>.Zero;
        foreach (T value in bits[(vectors.Length * Vector<T>.Count)..])
        {
            any |= (value & exponent) == exponent;
        }

        return any;
    }
}
