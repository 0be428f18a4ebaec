using System.Buffers;
using Transfuse.Apply.Quantization;

namespace Transfuse.Apply.Fusing.Stages;

/// <summary>A weight that MLX quantized, as the values that its codes stand for.</summary>
internal sealed class QuantizedSource(QuantizedWeight weight, WeightShape shape) : IWeightSource
{
    /// <inheritdoc />
    public WeightShape Shape => shape;

    /// <inheritdoc />
    public void Read(int matrix, int row, Span<float> destination, CancellationToken cancellationToken)
    {
        QuantizationForm form = weight.Form;
        int groups = destination.Length / form.GroupSize;
        int scaleBytes = form.ScaleBytes(weight.DType);
        long first = (((long)matrix * shape.Rows) + row) * (shape.Columns / form.GroupSize);
        int packedLength = groups * form.GroupBytes;
        int scalesLength = groups * scaleBytes;
        byte[] bytes = ArrayPool<byte>.Shared.Rent(packedLength + (2 * scalesLength));
        try
        {
            Span<byte> packed = bytes.AsSpan(0, packedLength);
            Span<byte> scales = bytes.AsSpan(packedLength, scalesLength);
            Span<byte> biases = weight.Biases is null ? [] : bytes.AsSpan(packedLength + scalesLength, scalesLength);
            weight.Packed.ReadRange(first * form.GroupBytes, packed, cancellationToken);
            weight.Scales.ReadRange(first * scaleBytes, scales, cancellationToken);
            weight.Biases?.ReadRange(first * scaleBytes, biases, cancellationToken);
            MlxDequantizer.Run(form, weight.DType, packed, scales, biases, destination);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
