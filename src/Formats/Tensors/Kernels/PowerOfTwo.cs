using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Transfuse.Formats.Tensors.Kernels;

/// <summary>Multiplies floating-point elements by a power of two, exactly unless an element over- or underflows.</summary>
internal static class PowerOfTwo
{
    private const int BlockElements = 1024;

    /// <summary>Multiplies elements; source and destination may be the same memory.</summary>
    public static void Multiply(DType dtype, ReadOnlySpan<byte> source, Span<byte> destination, int exponent)
    {
        switch (dtype)
        {
            case DType.F64:
                Multiply(MemoryMarshal.Cast<byte, double>(source), MemoryMarshal.Cast<byte, double>(destination), exponent, 1022);
                break;
            case DType.F32:
                Multiply(MemoryMarshal.Cast<byte, float>(source), MemoryMarshal.Cast<byte, float>(destination), exponent, 126);
                break;
            default:
                MultiplyHalves(dtype, source, destination, exponent);
                break;
        }
    }

    private static void MultiplyHalves(DType dtype, ReadOnlySpan<byte> source, Span<byte> destination, int exponent)
    {
        Span<float> block = stackalloc float[BlockElements];
        while (!source.IsEmpty)
        {
            int count = Math.Min(BlockElements, source.Length / sizeof(ushort));
            Span<float> values = block[..count];
            FloatConversion.Run(dtype, source[..(count * sizeof(ushort))], DType.F32, MemoryMarshal.AsBytes(values));
            Multiply(values, values, exponent, 126);
            FloatConversion.Run(DType.F32, MemoryMarshal.AsBytes(values), dtype, destination[..(count * sizeof(ushort))]);
            source = source[(count * sizeof(ushort))..];
            destination = destination[(count * sizeof(ushort))..];
        }
    }

    // A power beyond the type's own range is reached in steps of one direction: if a step overflows or loses bits, so does the whole.
    // After four steps every number has become 0 or infinity.
    private static void Multiply<T>(ReadOnlySpan<T> source, Span<T> destination, int exponent, int largestStep)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        exponent = Math.Clamp(exponent, -4 * largestStep, 4 * largestStep);
        do
        {
            int step = Math.Clamp(exponent, -largestStep, largestStep);
            TensorPrimitives.Multiply(source, T.ScaleB(T.One, step), destination);
            source = destination;
            exponent -= step;
        }
        while (exponent != 0);
    }
}
