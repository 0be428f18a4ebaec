using System.Runtime.InteropServices;
using Transfuse.Formats.Tensors.Kernels;
using Transfuse.Formats.Tests.Tensors.Support;

namespace Transfuse.Formats.Tests.Tensors.Kernels;

public class TranspositionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(40)]
    public void Transposes_blocks_and_leaves_the_gaps_between_rows_alone(int block)
    {
        var random = new Random(13);
        int[] sizes = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 33, 40];
        foreach (int rows in sizes.Append(530))
        {
            foreach (int columns in sizes)
            {
                int sourceStride = (columns + random.Next(3)) * block;
                int destinationStride = (rows + random.Next(3)) * block;
                byte[] source = new byte[(sourceStride * (rows - 1)) + (columns * block)];
                random.NextBytes(source);
                byte[] expected = new byte[(destinationStride * (columns - 1)) + (rows * block)];
                expected.AsSpan().Fill(0xEE);
                for (int row = 0; row < rows; row++)
                {
                    for (int column = 0; column < columns; column++)
                    {
                        source.AsSpan((row * sourceStride) + (column * block), block).CopyTo(expected.AsSpan((column * destinationStride) + (row * block)));
                    }
                }

                byte[] actual = TensorBytes.ReadGuarded(
                    expected.Length, 0xEE, span => Transposition.Run(source, sourceStride, span, destinationStride, rows, columns, block));
                Assert.Equal(expected, actual);
            }
        }
    }

    [Fact]
    public void Transposes_single_blocks_with_every_instruction_set()
    {
        int supported =
            RunBlock<ushort, TransposeBlock8x8>() + RunBlock<ushort, TransposeBlock16x8>() + RunBlock<uint, TransposeBlock4x4>() + RunBlock<uint,
            TransposeBlock8x4>();
        Assert.Equal((VectorZip.IsSupported ? 2 : 0) + (System.Runtime.Intrinsics.X86.Avx2.IsSupported ? 2 : 0), supported);
    }

    [Theory]
    [InlineData(15, 8, 8, 16)]
    [InlineData(16, 7, 8, 16)]
    [InlineData(16, 8, 7, 16)]
    public void Refuses_spans_that_a_block_would_leave(int sourceRows, int lastRowColumns, int destinationRows, int lastRowRows)
    {
        int size = sizeof(ushort);
        byte[] source = new byte[((((sourceRows - 1) * 8) + lastRowColumns) * size)];
        byte[] destination = new byte[((((destinationRows - 1) * 16) + lastRowRows) * size)];
        Assert.Throws<IndexOutOfRangeException>(() => Transposition.Run(source, 8 * size, destination, 16 * size, 16, 8, size));
    }

    private static int RunBlock<T, TBlock>()
        where T : unmanaged, System.Numerics.INumber<T>
        where TBlock : ITransposeBlock<T>
    {
        if (!TBlock.IsSupported)
        {
            return 0;
        }

        T[] source = [.. Enumerable.Range(0, TBlock.Rows * TBlock.Columns).Select(T.CreateTruncating)];
        int length = source.Length * Marshal.SizeOf<T>();
        byte[] actual = TensorBytes.ReadGuarded(length, 0xEE, span =>
            TBlock.Run(in source[0], (nuint)TBlock.Columns, ref MemoryMarshal.Cast<byte, T>(span)[0], (nuint)TBlock.Rows));
        for (int i = 0; i < source.Length; i++)
        {
            Assert.Equal(source[(i % TBlock.Rows * TBlock.Columns) + (i / TBlock.Rows)], MemoryMarshal.Cast<byte, T>(actual)[i]);
        }

        return 1;
    }
}
