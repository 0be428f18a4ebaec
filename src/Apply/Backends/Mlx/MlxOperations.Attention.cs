using Transfuse.Apply.Backends.Mlx.Native;

namespace Transfuse.Apply.Backends.Mlx;

/// <content>Positions, attention and convolution.</content>
internal sealed unsafe partial class MlxOperations
{
    public MlxArray Rope(BackendArray x, RotaryFrequencies frequencies, int offset, bool interleaved)
    {
        MlxArray input = Float(x);
        int pairs = frequencies.Values.Length;
        if (x.Rank < 2 || 2 * pairs > x[^1])
        {
            throw new ArgumentException($"{pairs} pairs do not fit the last axis of {x}.", nameof(frequencies));
        }

        if (pairs == 0)
        {
            return input;
        }

        // MLX takes powers of a base in float32; it divides by what it calls frequencies.
        OptionalSingle powersOf = frequencies.Base is { } number ? new OptionalSingle { Value = number, HasValue = 1 } : default;
        MlxArray? divisors = frequencies.Base is null ? FromSingles([.. frequencies.Values.Select(frequency => 1 / frequency)], [pairs]) : null;
        MlxArray rows = x.Rank == 2 ? Reshape(input, [1, x[0], x[1]]) : input;
        ArrayHandle result = default;
        MlxArray rotated = Made(
            FastFunctions.Rope(
                &result, rows.Handle, 2 * pairs, interleaved ? (byte)1 : (byte)0, powersOf, frequencies.Scale, offset, Optional(divisors), _stream),
            result,
            "rope");
        return x.Rank == 2 ? Reshape(rotated, x.Shape.ToArray()) : rotated;
    }

    public MlxArray Attention(BackendArray queries, BackendArray keys, BackendArray values, float scale, BackendArray? mask, BackendArray? sinks, float softcap)
    {
        MlxArray q = Float(queries), k = Cast(Float(keys), q.DType), v = Cast(Float(values), q.DType);
        int batch = q[0], heads = q[1];
        if (k[0] != batch || v[0] != batch || v[1] != k[1] || v[2] != k[2] || k[3] != q[3] || heads % k[1] != 0 || (sinks is not null && sinks[0] != heads))
        {
            throw new ArgumentException($"Attention of {queries} over {keys} and {values} is not defined.", nameof(keys));
        }

        MlxArray? added = mask is null ? null : Cast(Float(mask), q.DType), sunk = sinks is null ? null : Cast(Float(sinks), q.DType);
        if (softcap != 0)
        {
            return Capped(q, Repeat(k, 1, heads / k[1]), Repeat(v, 1, heads / v[1]), scale, added, sunk, softcap);
        }

        ArrayHandle result = default;
        return Made(
            FastFunctions.ScaledDotProductAttention(
                &result, q.Handle, k.Handle, v.Handle, scale, Text.Of(added is null ? "\0"u8 : "array"u8), Optional(added), Optional(sunk), _stream),
            result,
            "scaled_dot_product_attention");
    }

    public MlxArray CausalConvolution(BackendArray x, BackendArray weight, BackendArray? bias)
    {
        MlxArray input = Float(x), taps = Cast(Float(weight), input.DType);
        if (x.Rank != 3 || weight.Rank < 2 || weight[0] != x[2] || x[1] < weight[1] - 1)
        {
            throw new ArgumentException($"{weight} is no convolution of {x}.", nameof(weight));
        }

        int channels = x[2];
        MlxArray kernel = Reshape(taps, [channels, weight[1], 1]);
        ArrayHandle result = default;
        MlxArray y = Made(OpsFunctions.Conv1d(&result, input.Handle, kernel.Handle, 1, 0, 1, channels, _stream), result, "conv1d");
        return bias is null ? y : Add(y, bias);
    }

    // A cap stands between the scores and the mask; the one kernel has no place for it.
    private MlxArray Capped(MlxArray q, MlxArray k, MlxArray v, float scale, MlxArray? mask, MlxArray? sinks, float softcap)
    {
        MlxArray scores = With(OpsFunctions.Divide, Product(Affine(q, scale, 0), Transposed(k)), softcap, "divide");
        scores = Affine(One(OpsFunctions.Tanh, scores, "tanh"), softcap, 0);
        scores = mask is null ? scores : Add(scores, mask);
        if (sinks is null)
        {
            return Product(Softmax(scores), v);
        }

        int[] column = [q[0], q[1], q[2], 1];
        MlxArray own = Reshape(sinks, [1, q[1], 1, 1]);
        fixed (int* extents = column)
        {
            ArrayHandle result = default;
            own = Made(OpsFunctions.BroadcastTo(&result, own.Handle, extents, (nuint)column.Length, _stream), result, "broadcast_to");
        }

        return Product(Slice(Softmax(Concat(-1, [scores, own])), -1, 0, k[2], 1), v);
    }
}
