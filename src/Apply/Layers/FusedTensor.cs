using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Transfuse.Apply.Backends;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Apply.Layers;

/// <summary>W + scale * B A in float32, its rows scaled to magnitudes where the adapter has them. Rows are computed when they are read.</summary>
internal sealed class FusedTensor : LazyTensor
{
    private readonly WeightRows _rows;
    private readonly float[] _a;
    private readonly float[] _b;
    private readonly float[]? _magnitude;
    private readonly float _scale;
    private readonly int _rank;
    private readonly int _rowsEach;
    private readonly int _columns;

    public FusedTensor(WeightSource source, AdapterModule module)
        : base(DType.F32, Unpacked(source))
    {
        var rows = new WeightRows(source);
        _rows = rows.IsStreamed ? rows : rows.InMemory();
        _a = module.A.ToSingles();
        _b = module.B.ToSingles();
        _magnitude = module.Magnitude?.ToSingles();
        _scale = (float)module.Scale;
        _rank = (int)module.B.Shape[^1];
        _rowsEach = source.Rows;
        _columns = source.Columns;
    }

    /// <inheritdoc />
    public override bool SupportsRanges => true;

    /// <inheritdoc />
    public override void ReadRange(long offset, Span<byte> destination, CancellationToken cancellationToken = default)
    {
        Span<float> values = MemoryMarshal.Cast<byte, float>(destination);
        long rowBytes = (long)_columns * sizeof(float);
        if (offset % rowBytes != 0 || destination.Length % rowBytes != 0)
        {
            throw new ArgumentException("Only whole rows are computed.", nameof(destination));
        }

        long first = offset / rowBytes;
        _rows.Read(first, values);
        for (int i = 0; i * _columns < values.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Add(first + i, values.Slice(i * _columns, _columns));
        }
    }

    /// <inheritdoc />
    protected override void Produce(Span<byte> destination, CancellationToken cancellationToken) => ReadRange(0, destination, cancellationToken);

    private static TensorShape Unpacked(WeightSource source) =>
        source.IsStack ? new TensorShape(source.Experts, source.Rows, source.Columns) : new TensorShape(source.Rows, source.Columns);

    private void Add(long row, Span<float> values)
    {
        int expert = (int)(row / _rowsEach);
        for (int j = 0; j < _rank; j++)
        {
            float factor = _scale * _b[(row * _rank) + j];
            TensorPrimitives.MultiplyAdd(_a.AsSpan(((expert * _rank) + j) * _columns, _columns), factor, values, values);
        }

        if (_magnitude is not null)
        {
            TensorPrimitives.Multiply(values, _magnitude[row] / TensorPrimitives.Norm<float>(values), values);
        }
    }
}
