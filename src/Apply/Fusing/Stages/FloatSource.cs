using System.Buffers;
using System.Runtime.InteropServices;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.Tensors.Kernels;

namespace Transfuse.Apply.Fusing.Stages;

/// <summary>A weight that is stored as floats.</summary>
internal sealed class FloatSource(LazyTensor tensor, WeightShape shape) : IWeightSource
{
    /// <inheritdoc />
    public WeightShape Shape => shape;

    /// <inheritdoc />
    public void Read(int matrix, int row, Span<float> destination, CancellationToken cancellationToken)
    {
        int size = tensor.DType.BitSize() / 8;
        long offset = (((long)matrix * shape.Rows) + row) * shape.Columns * size;
        if (tensor.DType == DType.F32)
        {
            tensor.ReadRange(offset, MemoryMarshal.AsBytes(destination), cancellationToken);
            return;
        }

        byte[] bytes = ArrayPool<byte>.Shared.Rent(destination.Length * size);
        try
        {
            Span<byte> stored = bytes.AsSpan(0, destination.Length * size);
            tensor.ReadRange(offset, stored, cancellationToken);
            FloatConversion.Run(tensor.DType, stored, DType.F32, MemoryMarshal.AsBytes(destination));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
