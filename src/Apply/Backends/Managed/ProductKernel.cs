using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Transfuse.Apply.Backends.Managed;

/// <summary>
/// Products of rows with rows. The order of additions depends on the length of a row alone, so that any division of the work gives the same bits.
/// </summary>
internal static class ProductKernel
{
    private const int Tile = 4;
    private const int Side = 2;

    /// <summary>y[t, n] = sum over i of x[t, i] * w[n, i].</summary>
    /// <param name="x">Rows of x, each of <paramref name="depth"/>.</param>
    /// <param name="w">Rows of w, each of <paramref name="depth"/>.</param>
    /// <param name="depth">Length of a row.</param>
    /// <param name="y">Where y[0, 0] goes.</param>
    /// <param name="stride">Distance between y[t, n] and y[t + 1, n].</param>
    public static void Run(ReadOnlySpan<float> x, ReadOnlySpan<float> w, int depth, Span<float> y, int stride)
    {
        int tokens = x.Length / depth, rows = w.Length / depth;
        for (int n = 0; n < rows; n += Tile)
        {
            ReadOnlySpan<float> tile = w.Slice(n * depth, Math.Min(Tile, rows - n) * depth);
            for (int t = 0; t < tokens; t += Side)
            {
                Span<float> to = y[((t * stride) + n)..];
                if (tile.Length == Tile * depth && tokens - t >= Side)
                {
                    Block(x.Slice(t * depth, Side * depth), tile, depth, to, stride);
                    continue;
                }

                for (int i = 0; i < Math.Min(Side, tokens - t); i++)
                {
                    for (int j = 0; j * depth < tile.Length; j++)
                    {
                        to[(i * stride) + j] = Dot(x.Slice((t + i) * depth, depth), tile.Slice(j * depth, depth));
                    }
                }
            }
        }
    }

    /// <summary>The product of two rows, with the additions in the order of <see cref="Run"/>.</summary>
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Vector<float> sum = Vector<float>.Zero;
        int whole = a.Length - (a.Length % Vector<float>.Count);
        ref float left = ref MemoryMarshal.GetReference(a), right = ref MemoryMarshal.GetReference(b);
        for (int i = 0; i < whole; i += Vector<float>.Count)
        {
            sum = Vector.FusedMultiplyAdd(Load(ref left, i), Load(ref right, i), sum);
        }

        return Rest(a, b, whole, Vector.Sum(sum));
    }

    // Eight sums in registers: six loads for eight products.
    private static void Block(ReadOnlySpan<float> x, ReadOnlySpan<float> w, int depth, Span<float> y, int stride)
    {
        Vector<float> s00 = Vector<float>.Zero, s01 = s00, s02 = s00, s03 = s00, s10 = s00, s11 = s00, s12 = s00, s13 = s00;
        int whole = depth - (depth % Vector<float>.Count);
        ref float x0 = ref MemoryMarshal.GetReference(x);
        ref float w0 = ref MemoryMarshal.GetReference(w);
        for (int i = 0; i < whole; i += Vector<float>.Count)
        {
            Vector<float> a = Load(ref x0, i), b = Load(ref x0, depth + i);
            Vector<float> row = Load(ref w0, i);
            s00 = Vector.FusedMultiplyAdd(a, row, s00);
            s10 = Vector.FusedMultiplyAdd(b, row, s10);
            row = Load(ref w0, depth + i);
            s01 = Vector.FusedMultiplyAdd(a, row, s01);
            s11 = Vector.FusedMultiplyAdd(b, row, s11);
            row = Load(ref w0, (2 * depth) + i);
            s02 = Vector.FusedMultiplyAdd(a, row, s02);
            s12 = Vector.FusedMultiplyAdd(b, row, s12);
            row = Load(ref w0, (3 * depth) + i);
            s03 = Vector.FusedMultiplyAdd(a, row, s03);
            s13 = Vector.FusedMultiplyAdd(b, row, s13);
        }

        ReadOnlySpan<Vector<float>> sums = [s00, s01, s02, s03, s10, s11, s12, s13];
        for (int i = 0; i < Side; i++)
        {
            for (int j = 0; j < Tile; j++)
            {
                y[(i * stride) + j] = Rest(x.Slice(i * depth, depth), w.Slice(j * depth, depth), whole, Vector.Sum(sums[(i * Tile) + j]));
            }
        }
    }

    private static float Rest(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int from, float sum)
    {
        for (int i = from; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Load(ref float first, int index) => Vector.LoadUnsafe(ref first, (nuint)index);
}
