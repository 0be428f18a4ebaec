using System.Buffers;
using System.Runtime.InteropServices;
using Transfuse.Apply.Fusing.Placing;
using Transfuse.Apply.Fusing.Stages;
using Transfuse.Apply.Quantization;
using Transfuse.Formats.Files;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.Tensors.Kernels;

namespace Transfuse.Apply.Fusing.Writing;

/// <summary>
/// Computes one planned weight in blocks of rows, on any number of workers. What the adapters add is loaded with the first block and let go with the last.
/// </summary>
internal sealed class WeightWork
{
    // Small enough that a block's values stay in the second-level cache, large enough that the calls to the system cost nothing.
    private const int BlockElements = 1 << 16;
    private const int RowMultiple = 4;

    private readonly PlannedWeight _weight;
    private readonly WeightShape _shape;
    private readonly int _blockRows;
    private readonly Lock _lock = new();
    private WeightRows? _rows;
    private int _left;

    public WeightWork(PlannedWeight weight)
    {
        _weight = weight;
        _shape = weight.View;
        int rows = Math.Max(1, BlockElements / _shape.Columns);
        _blockRows = rows > RowMultiple ? rows / RowMultiple * RowMultiple : rows;
        BlocksPerMatrix = (_shape.Rows + _blockRows - 1) / _blockRows;
        _left = checked(BlocksPerMatrix * _shape.Matrices);
        BlockCount = _left;
        Loss = new WeightLoss(BlockCount);
    }

    /// <summary>Number of blocks.</summary>
    public int BlockCount { get; }

    /// <summary>How much of the change is lost to rounding.</summary>
    public WeightLoss Loss { get; }

    /// <summary>Where the weight's tensors begin in the file: the values or packed codes, the scales, the biases. Not used by <see cref="Measure"/>.</summary>
    public long[] Positions { get; init; } = [0, 0, 0];

    private int BlocksPerMatrix { get; }

    private QuantizationForm? OutputForm => _weight.StaysQuantized ? _weight.Quantized!.Form : null;

    /// <summary>Computes a block and takes its loss, without writing it.</summary>
    /// <returns>Bytes that were done, as they will be stored.</returns>
    public long Measure(int block, CancellationToken cancellationToken) => Run(block, null, cancellationToken);

    /// <summary>Computes and writes a block.</summary>
    /// <returns>Bytes that were done.</returns>
    /// <exception cref="NotFiniteException">A value is not finite.</exception>
    public long Write(int block, IByteSink sink, CancellationToken cancellationToken) => Run(block, sink, cancellationToken);

    private long Run(int block, IByteSink? sink, CancellationToken cancellationToken)
    {
        WeightRows rows = Open(cancellationToken);
        (int matrix, int index) = Math.DivRem(block, BlocksPerMatrix);
        int row = index * _blockRows;
        int count = Math.Min(_blockRows, _shape.Rows - row) * _shape.Columns;
        float[] buffer = ArrayPool<float>.Shared.Rent((rows.Rounding is null ? 3 : 4) * count);
        try
        {
            Span<float> original = buffer.AsSpan(0, count), changed = buffer.AsSpan(count, count), stored = buffer.AsSpan(2 * count, count);
            rows.Read(matrix, row, original, cancellationToken);
            rows.Change(matrix, row, original, changed, rows.Rounding);
            long first = ((long)matrix * _shape.Rows * _shape.Columns) + ((long)row * _shape.Columns);
            long bytes = OutputForm is { } form ? Quantize(form, first, changed, stored, sink) : Round(first, changed, stored, sink);
            if (rows.Rounding is not null)
            {
                // What was rounded before it was quantized is lost too.
                changed = buffer.AsSpan(3 * count, count);
                rows.Change(matrix, row, original, changed, null);
            }

            if (!Loss.Take(block, original, changed, stored))
            {
                Refuse(changed, stored, row);
            }

            return bytes;
        }
        finally
        {
            ArrayPool<float>.Shared.Return(buffer);
            if (Interlocked.Decrement(ref _left) == 0)
            {
                _rows = null;
            }
        }
    }

    private WeightRows Open(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _rows) is { } open)
        {
            return open;
        }

        lock (_lock)
        {
            WeightShape stored = _weight.Rows is null ? _shape : _shape with { Rows = (int)(_weight.Quantized?.Shape ?? _weight.Floats!.Shape)[0] };
            IWeightSource source = _weight.Quantized is { } quantized ? new QuantizedSource(quantized, stored) : new FloatSource(_weight.Floats!, stored);
            source = _weight.Rows is { } rows ? new ResizedSource(source, rows) : source;

            // mlx-lm rounds the product and the sum before it quantizes.
            return _rows ??= WeightRows.Open(source, _weight.StaysQuantized ? _weight.DType : null, _weight.Stages, cancellationToken);
        }
    }

    private long Round(long first, ReadOnlySpan<float> changed, Span<float> stored, IByteSink? sink)
    {
        int size = _weight.DType.BitSize() / 8;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(changed.Length * size);
        try
        {
            Span<byte> bytes = buffer.AsSpan(0, changed.Length * size);
            FloatConversion.Run(DType.F32, MemoryMarshal.AsBytes(changed), _weight.DType, bytes);
            sink?.Write(Positions[0] + (first * size), bytes);
            FloatConversion.Run(_weight.DType, bytes, DType.F32, MemoryMarshal.AsBytes(stored));
            return bytes.Length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private long Quantize(QuantizationForm form, long first, ReadOnlySpan<float> changed, Span<float> stored, IByteSink? sink)
    {
        int groups = changed.Length / form.GroupSize;
        int scaleBytes = form.ScaleBytes(_weight.DType);
        int packedLength = groups * form.GroupBytes, scalesLength = groups * scaleBytes;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(packedLength + (2 * scalesLength));
        try
        {
            Span<byte> packed = buffer.AsSpan(0, packedLength);
            Span<byte> scales = buffer.AsSpan(packedLength, scalesLength);
            Span<byte> biases = form.HasBiases ? buffer.AsSpan(packedLength + scalesLength, scalesLength) : [];
            changed.CopyTo(stored);
            RoundTo.Values(stored, _weight.DType);
            MlxQuantizer.Run(form, _weight.DType, stored, packed, scales, biases);
            MlxDequantizer.Run(form, _weight.DType, packed, scales, biases, stored);
            long group = first / form.GroupSize;
            sink?.Write(Positions[0] + (group * form.GroupBytes), packed);
            sink?.Write(Positions[1] + (group * scaleBytes), scales);
            if (form.HasBiases)
            {
                sink?.Write(Positions[2] + (group * scaleBytes), biases);
            }

            return packedLength + scalesLength + biases.Length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Refuse(ReadOnlySpan<float> missed, ReadOnlySpan<float> stored, int row)
    {
        int at = 0;
        while (float.IsFinite(stored[at]) && float.IsFinite(missed[at]))
        {
            at++;
        }

        throw new NotFiniteException(_weight.Name, row + (at / _shape.Columns), at % _shape.Columns);
    }
}
