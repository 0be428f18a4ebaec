using System.Runtime.InteropServices;
using Transfuse.Formats.Tensors.Kernels;
using Transfuse.Formats.Tensors.Probes;

namespace Transfuse.Formats.Tensors;

/// <summary>Reads tensors as numbers, row-major; for small ones and for checks.</summary>
/// <example>
/// <code>
/// float[] values = adapter.Modules[0].A.ToSingles(cancellationToken);
/// </code>
/// </example>
public static class TensorValues
{
    /// <summary>All elements as float32; float64 is rounded to nearest.</summary>
    /// <exception cref="ArgumentException">Elements are not float16, bfloat16, float32 or float64.</exception>
    /// <exception cref="TensorTooLargeException">The array would be too large.</exception>
    public static float[] ToSingles(this LazyTensor tensor, CancellationToken cancellationToken = default) =>
        Read<float>(tensor, DType.F32, cancellationToken);

    /// <summary>All elements as float64; exact.</summary>
    /// <exception cref="ArgumentException">Elements are not float16, bfloat16, float32 or float64.</exception>
    /// <exception cref="TensorTooLargeException">The array would be too large.</exception>
    public static double[] ToDoubles(this LazyTensor tensor, CancellationToken cancellationToken = default) =>
        Read<double>(tensor, DType.F64, cancellationToken);

    /// <summary>Widens elements that were read as bytes to float64; exact.</summary>
    /// <param name="dtype">Float16, bfloat16, float32 or float64.</param>
    /// <param name="source">Elements, little-endian.</param>
    /// <param name="destination">As many elements.</param>
    /// <exception cref="ArgumentException">The type is none of the four, or there are not as many elements.</exception>
    public static void ToDoubles(DType dtype, ReadOnlySpan<byte> source, Span<double> destination)
    {
        if (!dtype.IsFactorFloat() || source.Length != (long)destination.Length * dtype.BitSize() / 8)
        {
            throw new ArgumentException(
                $"{source.Length} bytes are not {destination.Length} elements of {dtype.SafetensorsName()} that can become float64.", nameof(source));
        }

        FloatConversion.Run(dtype, source, DType.F64, MemoryMarshal.AsBytes(destination));
    }

    /// <summary>Whether no element of those that were read as bytes is infinite or NaN.</summary>
    /// <param name="dtype">Float16, bfloat16, float32 or float64.</param>
    /// <param name="elements">Whole elements, little-endian.</param>
    /// <exception cref="ArgumentException">The type is none of the four.</exception>
    public static bool AllFinite(DType dtype, ReadOnlySpan<byte> elements) => FiniteBits.AllFinite(dtype, elements);

    private static T[] Read<T>(LazyTensor tensor, DType dtype, CancellationToken cancellationToken)
        where T : unmanaged
    {
        LazyTensor values = tensor.Cast(dtype);
        if (values.ByteLength > Array.MaxLength)
        {
            throw new TensorTooLargeException(values.ByteLength);
        }

        T[] array = new T[values.Shape.ElementCount];
        values.CopyTo(MemoryMarshal.AsBytes(array.AsSpan()), cancellationToken);
        return array;
    }
}
