using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Transfuse.Formats.Tensors.Kernels;

/// <summary>A matrix to read and its transpose to write, each with the distance between its rows in elements.</summary>
internal readonly ref struct MatrixPair<T>
    where T : unmanaged
{
    private const int LineBytes = 64;

    private readonly ReadOnlySpan<T> _source;
    private readonly Span<T> _destination;
    private readonly int _sourceStride;
    private readonly int _destinationStride;

    /// <summary>Views bytes as elements; strides are given in bytes.</summary>
    public MatrixPair(ReadOnlySpan<byte> source, int sourceStride, Span<byte> destination, int destinationStride)
    {
        _source = MemoryMarshal.Cast<byte, T>(source);
        _destination = MemoryMarshal.Cast<byte, T>(destination);
        _sourceStride = sourceStride / Unsafe.SizeOf<T>();
        _destinationStride = destinationStride / Unsafe.SizeOf<T>();
    }

    /// <summary>Transposes whole blocks from row <paramref name="top"/> on, over all columns that form whole blocks.</summary>
    /// <returns>The first row that is left.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int RunBlocks<TBlock>(int top, int bottom, int columns)
        where TBlock : ITransposeBlock<T>
    {
        bottom -= (bottom - top) % TBlock.Rows;
        columns -= columns % TBlock.Columns;
        if (!TBlock.IsSupported || top == bottom || columns == 0)
        {
            return top;
        }

        // A block is read and written without further checks, and no block reaches beyond these corners.
        _ = _source[((bottom - 1) * _sourceStride) + columns - 1];
        _ = _destination[((columns - 1) * _destinationStride) + bottom - 1];
        // On the side whose rows lie further apart, lines of the cache that compete for one place, one row's line is done before the next row's is fetched.
        int panel = _sourceStride > _destinationStride ? LineBytes / Unsafe.SizeOf<T>() : TBlock.Columns;
        for (int left = 0; left < columns; left += panel)
        {
            int right = Math.Min(left + panel, columns);
            for (int row = top; row < bottom; row += TBlock.Rows)
            {
                for (int column = left; column < right; column += TBlock.Columns)
                {
                    TBlock.Run(
                        in _source[(row * _sourceStride) + column],
                        (nuint)_sourceStride,
                        ref _destination[(column * _destinationStride) + row],
                        (nuint)_destinationStride);
                }
            }
        }

        return bottom;
    }

    /// <summary>Transposes single elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void RunElements(int top, int bottom, int left, int right)
    {
        for (int column = left; column < right; column++)
        {
            Span<T> to = _destination[(column * _destinationStride)..];
            for (int row = top; row < bottom; row++)
            {
                to[row] = _source[(row * _sourceStride) + column];
            }
        }
    }
}
