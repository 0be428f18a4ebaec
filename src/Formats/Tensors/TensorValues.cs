using System.Runtime.InteropServices;

namespace Transfuse.Formats.Tensors;

/// <summary>Reads tensors as numbers, row-major; for small ones and for checks.</summary>
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
