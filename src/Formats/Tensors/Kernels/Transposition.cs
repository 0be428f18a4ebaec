using System.Runtime.Intrinsics;

namespace Transfuse.Formats.Tensors.Kernels;

/// <summary>Transposes a matrix of blocks (elements, or runs of elements that stay together), with gaps between rows on either side.</summary>
internal static class Transposition
{
    // Columns that share cache lines of the source are done one after the other; this many lines stay in the first-level cache.
    private const int TileRows = 256;

    /// <summary>Writes block (row, column) of the source to block (column, row) of the destination. Strides are in bytes and multiples of the block.</summary>
    public static void Run(ReadOnlySpan<byte> source, int sourceStride, Span<byte> destination, int destinationStride, int rows, int columns, int blockBytes)
    {
        switch (blockBytes)
        {
            case 1:
                RunElements(new MatrixPair<byte>(source, sourceStride, destination, destinationStride), rows, columns);
                break;
            case 2:
                RunBlocks<ushort, TransposeBlock16x8, TransposeBlock8x8>(new(source, sourceStride, destination, destinationStride), rows, columns);
                break;
            case 4:
                RunBlocks<uint, TransposeBlock8x4, TransposeBlock4x4>(new(source, sourceStride, destination, destinationStride), rows, columns);
                break;
            case 8:
                RunElements(new MatrixPair<ulong>(source, sourceStride, destination, destinationStride), rows, columns);
                break;
            case 16:
                RunElements(new MatrixPair<Vector128<byte>>(source, sourceStride, destination, destinationStride), rows, columns);
                break;
            default:
                RunSpans(source, sourceStride, destination, destinationStride, rows, columns, blockBytes);
                break;
        }
    }

    private static void RunBlocks<T, TWide, TNarrow>(MatrixPair<T> matrices, int rows, int columns)
        where T : unmanaged
        where TWide : ITransposeBlock<T>
        where TNarrow : ITransposeBlock<T>
    {
        for (int top = 0; top < rows; top += TileRows)
        {
            int bottom = Math.Min(rows, top + TileRows);
            int rest = matrices.RunBlocks<TWide>(top, bottom, columns);
            rest = matrices.RunBlocks<TNarrow>(rest, bottom, columns);
            matrices.RunElements(top, rest, columns - (columns % TNarrow.Columns), columns);
            matrices.RunElements(rest, bottom, 0, columns);
        }
    }

    private static void RunElements<T>(MatrixPair<T> matrices, int rows, int columns)
        where T : unmanaged
    {
        for (int top = 0; top < rows; top += TileRows)
        {
            matrices.RunElements(top, Math.Min(rows, top + TileRows), 0, columns);
        }
    }

    private static void RunSpans(
        ReadOnlySpan<byte> source, int sourceStride, Span<byte> destination, int destinationStride, int rows, int columns, int blockBytes)
    {
        for (int top = 0; top < rows; top += TileRows)
        {
            int bottom = Math.Min(rows, top + TileRows);
            for (int column = 0; column < columns; column++)
            {
                for (int row = top; row < bottom; row++)
                {
                    source.Slice((row * sourceStride) + (column * blockBytes), blockBytes)
                        .CopyTo(destination[((column * destinationStride) + (row * blockBytes))..]);
                }
            }
        }
    }
}
