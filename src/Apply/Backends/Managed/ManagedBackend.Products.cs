using System.Buffers;
using System.Numerics.Tensors;

namespace Transfuse.Apply.Backends.Managed;

/// <content>Products with arrays and with weights.</content>
public sealed partial class ManagedBackend
{
    // Rows of a weight are expanded in blocks that stay in a core's cache.
    private const int BlockElements = 1 << 16;

    /// <inheritdoc />
    public BackendArray MatMul(BackendArray a, BackendArray b)
    {
        int m = a[^2], k = a[^1], n = b[^1];
        if (b[^2] != k)
        {
            throw new ArgumentException($"{a} cannot be multiplied with {b}.", nameof(b));
        }

        int[] outer = Shapes.Broadcast(Leading(a), Leading(b));
        int count = Shapes.Count(outer);
        float[] left = Floats(a), right = Floats(b), result = new float[checked(count * m * n)];
        Run(count, 2L * result.Length * k, item =>
        {
            int from = Place(a, 2, outer, item) * m * k, with = Place(b, 2, outer, item) * k * n;
            for (int i = 0; i < m; i++)
            {
                Span<float> to = result.AsSpan(((item * m) + i) * n, n);
                for (int j = 0; j < k; j++)
                {
                    TensorPrimitives.MultiplyAdd(right.AsSpan(with + (j * n), n), left[from + (i * k) + j], to, to);
                }
            }
        });
        return new ManagedArray(result, [.. outer, m, n]);
    }

    /// <inheritdoc />
    public BackendArray Linear(BackendArray x, BackendWeight weight, BackendArray? bias)
    {
        ManagedWeight w = Columns(weight, x);
        float[] input = Floats(x), result = New(checked(input.Length / w.Columns * w.Rows));
        EachBlock(w, 0, input.Length / w.Columns, (first, rows) =>
            ProductKernel.Run(input, rows, w.Columns, result.AsSpan(first), w.Rows));
        AddBias(result, bias, w.Rows);
        return new ManagedArray(result, Shapes.With(x, x.Rank - 1, w.Rows));
    }

    /// <inheritdoc />
    public BackendArray SwitchLinear(BackendArray x, BackendWeight weight, BackendArray? bias, BackendArray indices)
    {
        ManagedWeight w = Columns(weight, x);
        int[] experts = Integers(indices);
        int tokens = x[0], shared = x[1], chosen = indices[1];
        if (indices[0] != tokens || shared is not 1 && shared != chosen || (bias is not null && (bias[0] != w.Experts || bias[1] != w.Rows)))
        {
            throw new ArgumentException($"{indices} does not choose experts for {x}.", nameof(indices));
        }

        foreach (int expert in experts)
        {
            _ = (uint)expert < (uint)w.Experts ? expert : throw OutOfRange(expert, w.Experts);
        }

        float[] input = Floats(x), result = New(experts.Length * w.Rows);
        float[]? added = bias is null ? null : Floats(bias);
        foreach (IGrouping<int, int> uses in Enumerable.Range(0, experts.Length).GroupBy(place => experts[place]))
        {
            int[] places = [.. uses];
            float[] gathered = New(places.Length * w.Columns), products = New(places.Length * w.Rows);
            for (int i = 0; i < places.Length; i++)
            {
                int row = shared == 1 ? places[i] / chosen : places[i];
                input.AsSpan(row * w.Columns, w.Columns).CopyTo(gathered.AsSpan(i * w.Columns));
            }

            EachBlock(w, uses.Key, places.Length, (first, rows) =>
                ProductKernel.Run(gathered, rows, w.Columns, products.AsSpan(first), w.Rows));
            for (int i = 0; i < places.Length; i++)
            {
                Span<float> to = result.AsSpan(places[i] * w.Rows, w.Rows);
                products.AsSpan(i * w.Rows, w.Rows).CopyTo(to);
                if (added is not null)
                {
                    TensorPrimitives.Add(to, added.AsSpan(uses.Key * w.Rows, w.Rows), to);
                }
            }
        }

        return new ManagedArray(result, [tokens, chosen, w.Rows]);
    }

    /// <inheritdoc />
    public BackendArray StackLinear(BackendArray x, BackendWeight weight)
    {
        ManagedWeight w = Columns(weight, x);
        int batch = x[0], shared = x[1], length = x[2];
        if (shared != 1 && shared != w.Experts)
        {
            throw new ArgumentException($"{x} does not go with {w.Experts} matrices.", nameof(x));
        }

        float[] input = Floats(x), result = New(checked(batch * w.Experts * length * w.Rows));
        for (int e = 0; e < w.Experts; e++)
        {
            int expert = e;
            EachBlock(w, e, batch * length, (first, rows) =>
            {
                for (int b = 0; b < batch; b++)
                {
                    ReadOnlySpan<float> from = input.AsSpan(((b * shared) + (shared == 1 ? 0 : expert)) * length * w.Columns, length * w.Columns);
                    ProductKernel.Run(from, rows, w.Columns, result.AsSpan((((b * w.Experts) + expert) * length * w.Rows) + first), w.Rows);
                }
            });
        }

        return new ManagedArray(result, [batch, w.Experts, length, w.Rows]);
    }

    /// <inheritdoc />
    public BackendArray Embed(BackendWeight weight, BackendArray ids)
    {
        var w = (ManagedWeight)weight;
        WeightRows rows = w.OpenRows();
        int[] index = Integers(ids);
        float[] result = New(checked(index.Length * w.Columns));
        for (int i = 0; i < index.Length; i++)
        {
            int row = (uint)index[i] < (uint)w.Rows ? index[i] : throw OutOfRange(index[i], w.Rows);
            rows.Read(row, result.AsSpan(i * w.Columns, w.Columns));
        }

        return new ManagedArray(result, [.. ids.Shape, w.Columns]);
    }

    /// <inheritdoc />
    public BackendArray RowNorms(BackendWeight weight, BackendArray? left, BackendArray? right, float scale)
    {
        var w = (ManagedWeight)weight;
        float[] result = New(w.Rows);
        if (left is not null && (right is null || left[0] != w.Rows || right[1] != w.Columns || left[1] != right[0]))
        {
            throw new ArgumentException($"{left} and {right} are no factors of ({w.Rows}, {w.Columns}).", nameof(left));
        }

        EachBlock(w, 0, left is null ? 1 : left[1], (first, rows) =>
        {
            for (int row = 0; row * w.Columns < rows.Length; row++)
            {
                Span<float> values = rows.Slice(row * w.Columns, w.Columns);
                for (int j = 0; left is not null && j < left[1]; j++)
                {
                    float factor = scale * Floats(left)[((first + row) * left[1]) + j];
                    TensorPrimitives.MultiplyAdd(Floats(right!).AsSpan(j * w.Columns, w.Columns), factor, values, values);
                }

                result[first + row] = TensorPrimitives.Norm<float>(values);
            }
        });
        return new ManagedArray(result, [w.Rows]);
    }

    private delegate void BlockWork(int firstRow, Span<float> rows);

    private static ManagedWeight Columns(BackendWeight weight, BackendArray x) => weight is ManagedWeight managed && managed.Columns == x[^1]
        ? managed
        : throw new ArgumentException($"{x} cannot be multiplied with {weight.Source.Name}, which has {weight.Columns} columns.", nameof(x));

    private void EachBlock(ManagedWeight weight, int expert, int tokens, BlockWork work)
    {
        WeightRows source = weight.OpenRows();
        ManagedWeight w = weight;
        int rowsAtOnce = Math.Clamp(BlockElements / w.Columns / 4 * 4, 4, 256);
        int blocks = (w.Rows + rowsAtOnce - 1) / rowsAtOnce;
        Run(blocks, (long)w.Rows * w.Columns * tokens, block =>
        {
            int first = block * rowsAtOnce, count = Math.Min(rowsAtOnce, w.Rows - first);
            float[] buffer = ArrayPool<float>.Shared.Rent(count * w.Columns);
            try
            {
                Span<float> rows = buffer.AsSpan(0, count * w.Columns);
                source.Read(((long)expert * w.Rows) + first, rows);
                work(first, rows);
            }
            finally
            {
                ArrayPool<float>.Shared.Return(buffer);
            }
        });
    }

    private static void AddBias(float[] result, BackendArray? bias, int rows)
    {
        if (bias is null)
        {
            return;
        }

        float[] added = Floats(bias);
        if (added.Length != rows)
        {
            throw new ArgumentException($"{bias} is no bias for {rows} outputs.", nameof(bias));
        }

        for (int i = 0; i < result.Length; i += rows)
        {
            TensorPrimitives.Add(result.AsSpan(i, rows), added, result.AsSpan(i, rows));
        }
    }

    private static ManagedArray Leading(BackendArray array)
    {
        // Only the shape matters: a stand-in without its last two axes.
        ReadOnlySpan<int> shape = array.Shape[..^2];
        return new ManagedArray(Array.Empty<float>(), shape);
    }
}
