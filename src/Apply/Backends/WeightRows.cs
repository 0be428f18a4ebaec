using System.Buffers;
using System.Runtime.InteropServices;
using Transfuse.Apply.Quantization;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Backends;

/// <summary>Reads rows of a weight as float32, whatever form it is stored in. Safe for concurrent use.</summary>
internal sealed class WeightRows
{
    private readonly WeightSource _source;
    private readonly LazyTensor _values;
    private readonly LazyTensor? _scales;
    private readonly LazyTensor? _biases;
    private readonly int _rowBytes;
    private readonly int _groupBytes;

    public WeightRows(WeightSource source)
    {
        _source = source;
        _values = source.Form is null ? source.Values.Cast(DType.F32) : source.Values;
        _scales = source.Form is { HasBiases: true } ? source.Scales!.Cast(DType.F32) : source.Scales;
        _biases = source.Biases?.Cast(DType.F32);
        _rowBytes = source.Form is null ? checked(source.Columns * sizeof(float)) : checked((int)source.Values.Shape[^1] * sizeof(uint));
        _groupBytes = source.Form is { } form ? source.Columns / form.GroupSize * form.ScaleBytes(DType.F32) : 0;
    }

    /// <summary>Whether rows can be read one by one; otherwise the tensor is computed as a whole, and <see cref="InMemory"/> gives one that can.</summary>
    public bool IsStreamed => _values.SupportsRanges && _scales?.SupportsRanges != false && _biases?.SupportsRanges != false;

    /// <summary>The same weight, computed and held in memory.</summary>
    public WeightRows InMemory() => new(_source.Form is { } form
        ? new WeightSource(_source.Name, _source.Values.Held(), _source.Scales!.Held(), _source.Biases?.Held(), form)
        : new WeightSource(_source.Name, _source.Values.Held()));

    /// <summary>Reads rows.</summary>
    /// <param name="first">First row, counted through all stacked matrices.</param>
    /// <param name="destination">Whole rows.</param>
    public void Read(long first, Span<float> destination)
    {
        int count = destination.Length / _source.Columns;
        if (_source.Form is not { } form)
        {
            _values.ReadRange(first * _rowBytes, MemoryMarshal.AsBytes(destination));
            return;
        }

        using var packed = new Rented(count * _rowBytes);
        using var scales = new Rented(count * _groupBytes);
        using var biases = new Rented(_biases is null ? 0 : count * _groupBytes);
        _values.ReadRange(first * _rowBytes, packed.Span);
        _scales!.ReadRange(first * _groupBytes, scales.Span);
        _biases?.ReadRange(first * _groupBytes, biases.Span);
        MlxDequantizer.Run(form, DType.F32, packed.Span, scales.Span, biases.Span, destination);
    }

    private readonly ref struct Rented(int length)
    {
        private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(length);

        public Span<byte> Span => _buffer.AsSpan(0, length);

        public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
    }
}
