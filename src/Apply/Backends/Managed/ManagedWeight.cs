using System.Buffers;
using System.Runtime.InteropServices;
using Transfuse.Apply.Quantization;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Backends.Managed;

/// <summary>A weight that stays in its file: rows are read, and expanded to float32, when they are needed. Safe for concurrent use.</summary>
internal sealed class ManagedWeight : BackendWeight
{
    private readonly LazyTensor _values;
    private readonly LazyTensor? _scales;
    private readonly LazyTensor? _biases;
    private readonly int _rowBytes;
    private readonly int _groupBytes;

    public ManagedWeight(WeightSource source)
        : base(source)
    {
        _values = source.Form is null ? source.Values.Cast(DType.F32) : source.Values;
        _scales = source.Form is { HasBiases: true } ? source.Scales!.Cast(DType.F32) : source.Scales;
        _biases = source.Biases?.Cast(DType.F32);
        _rowBytes = source.Form is null ? checked(source.Columns * sizeof(float)) : checked((int)source.Values.Shape[^1] * sizeof(uint));
        _groupBytes = source.Form is { } form ? source.Columns / form.GroupSize * form.ScaleBytes(DType.F32) : 0;
    }

    /// <summary>Whether rows can be read one by one; otherwise the tensor is computed as a whole and <see cref="Whole"/> is for it.</summary>
    public bool IsStreamed => _values.SupportsRanges && _scales?.SupportsRanges != false && _biases?.SupportsRanges != false;

    /// <summary>A weight with the same values in memory.</summary>
    public ManagedWeight Whole() => new(Source.Form is { } form
        ? new WeightSource(Source.Name, InMemory(Source.Values), InMemory(Source.Scales!), Source.Biases is null ? null : InMemory(Source.Biases), form)
        : new WeightSource(Source.Name, InMemory(Source.Values)));

    /// <summary>Reads rows as float32.</summary>
    /// <param name="expert">Which matrix of the stack.</param>
    /// <param name="first">First row.</param>
    /// <param name="destination">Whole rows.</param>
    public void ReadRows(int expert, int first, Span<float> destination)
    {
        int count = destination.Length / Columns;
        long row = ((long)expert * Rows) + first;
        if (Source.Form is not { } form)
        {
            _values.ReadRange(row * _rowBytes, MemoryMarshal.AsBytes(destination));
            return;
        }

        using var packed = new Rented(count * _rowBytes);
        using var scales = new Rented(count * _groupBytes);
        using var biases = new Rented(_biases is null ? 0 : count * _groupBytes);
        _values.ReadRange(row * _rowBytes, packed.Span);
        _scales!.ReadRange(row * _groupBytes, scales.Span);
        _biases?.ReadRange(row * _groupBytes, biases.Span);
        MlxDequantizer.Run(form, DType.F32, packed.Span, scales.Span, biases.Span, destination);
    }

    private static MemoryTensor InMemory(LazyTensor tensor)
    {
        if (tensor.ByteLength > Array.MaxLength)
        {
            throw new TensorTooLargeException(tensor.ByteLength);
        }

        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)tensor.ByteLength);
        tensor.CopyTo(bytes);
        return new MemoryTensor(tensor.DType, tensor.Shape, bytes);
    }

    private readonly ref struct Rented(int length)
    {
        private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(length);

        public Span<byte> Span => _buffer.AsSpan(0, length);

        public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
    }
}
