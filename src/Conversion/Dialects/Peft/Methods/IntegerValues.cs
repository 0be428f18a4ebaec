using System.Buffers.Binary;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>Reads small tensors of integers.</summary>
internal static class IntegerValues
{
    /// <summary>Whether elements are of a type that <see cref="Read"/> takes.</summary>
    public static bool Takes(DType dtype) => dtype is DType.U8 or DType.I16 or DType.I32 or DType.I64;

    /// <summary>All elements.</summary>
    /// <exception cref="ArgumentException">Elements are of another type.</exception>
    /// <exception cref="TensorTooLargeException">The array would be too large.</exception>
    public static long[] Read(LazyTensor tensor, CancellationToken cancellationToken)
    {
        if (tensor.Shape.ElementCount * sizeof(long) > Array.MaxLength)
        {
            throw new TensorTooLargeException(tensor.Shape.ElementCount * sizeof(long));
        }

        byte[] bytes = new byte[tensor.ByteLength];
        tensor.CopyTo(bytes, cancellationToken);
        long[] values = new long[tensor.Shape.ElementCount];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = tensor.DType switch
            {
                DType.U8 => bytes[i],
                DType.I16 => BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(i * 2)),
                DType.I32 => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(i * 4)),
                DType.I64 => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(i * 8)),
                _ => throw new ArgumentException($"Elements {tensor.DType.SafetensorsName()} are no integers that a file's indices have.", nameof(tensor)),
            };
        }

        return values;
    }
}
