using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Transfuse.Formats.Tensors.Kernels;

/// <summary>
/// Converts between float16, bfloat16, float32 and float64, and to them from floats of eight bits. Every conversion rounds at most once, to nearest with ties
/// to even; what is too large becomes infinity, NaN stays NaN.
/// </summary>
internal static class FloatConversion
{
    private const int BlockElements = 1024;

    /// <summary>Converts as many elements as the source has. Where elements of both types have the same size, both may be the same memory.</summary>
    public static void Run(DType from, ReadOnlySpan<byte> source, DType to, Span<byte> destination)
    {
        if (from == to)
        {
            CopyUnlessSame(source, destination);
        }
        else if (to == DType.F32)
        {
            ToSingles(from, source, MemoryMarshal.Cast<byte, float>(destination));
        }
        else if (from == DType.F32)
        {
            FromSingles(MemoryMarshal.Cast<byte, float>(source), to, destination);
        }
        else
        {
            RunThroughSingles(from, source, to, destination);
        }
    }

    private static void CopyUnlessSame(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (source != destination)
        {
            source.CopyTo(destination);
        }
    }

    private static void ToSingles(DType from, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (from)
        {
            case DType.BF16:
                BFloat16.ToSingles(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            case DType.F8E4M3 or DType.F8E5M2:
                EightBitFloat.ToSingles(from, source, destination);
                break;
            case DType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            case DType.F64:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, double>(source), destination);
                break;
            default:
                throw NotFloat(from);
        }
    }

    private static void FromSingles(ReadOnlySpan<float> source, DType to, Span<byte> destination)
    {
        switch (to)
        {
            case DType.BF16:
                BFloat16.FromSingles(source, MemoryMarshal.Cast<byte, ushort>(destination));
                break;
            case DType.F16:
                TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<byte, Half>(destination));
                break;
            case DType.F64:
                TensorPrimitives.ConvertTruncating(source, MemoryMarshal.Cast<byte, double>(destination));
                break;
            default:
                throw NotFloat(to);
        }
    }

    // Two-byte types widen to float32 exactly, so one rounding remains. From float64 the first step rounds to odd, which the second cannot mistake for a tie.
    private static void RunThroughSingles(DType from, ReadOnlySpan<byte> source, DType to, Span<byte> destination)
    {
        int fromBytes = from.BitSize() / 8;
        int toBytes = to.BitSize() / 8;
        Span<float> block = stackalloc float[BlockElements];
        while (!source.IsEmpty)
        {
            Span<float> singles = block[..Math.Min(BlockElements, source.Length / fromBytes)];
            ReadOnlySpan<byte> piece = source[..(singles.Length * fromBytes)];
            if (from == DType.F64)
            {
                RoundToOdd.ToSingles(MemoryMarshal.Cast<byte, double>(piece), singles);
            }
            else
            {
                ToSingles(from, piece, singles);
            }

            FromSingles(singles, to, destination[..(singles.Length * toBytes)]);
            source = source[piece.Length..];
            destination = destination[(singles.Length * toBytes)..];
        }
    }

    private static ArgumentException NotFloat(DType dtype) => new($"{dtype.SafetensorsName()} is not float16, bfloat16, float32 or float64.", nameof(dtype));
}
