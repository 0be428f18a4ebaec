using System.Numerics.Tensors;

namespace Transfuse.Apply.Backends.Managed;

/// <content>Positions, attention and convolution.</content>
public sealed partial class ManagedBackend
{
    /// <inheritdoc />
    public BackendArray Rope(BackendArray x, RotaryFrequencies frequencies, int offset, bool interleaved)
    {
        int length = x[^2], extent = x[^1], pairs = frequencies.Values.Length;
        if (2 * pairs > extent)
        {
            throw new ArgumentException($"{pairs} pairs do not fit the last axis of {x}.", nameof(frequencies));
        }

        float[] cosines = New(length * pairs), sines = New(length * pairs);
        for (int t = 0; t < length; t++)
        {
            for (int j = 0; j < pairs; j++)
            {
                (sines[(t * pairs) + j], cosines[(t * pairs) + j]) = MathF.SinCos((offset + t) * frequencies.Values[j]);
            }
        }

        float[] result = (float[])Floats(x).Clone();
        int step = interleaved ? 2 : 1, partner = interleaved ? 1 : pairs;
        for (int row = 0; row < result.Length / extent; row++)
        {
            Span<float> head = result.AsSpan(row * extent, extent);
            int at = row % length * pairs;
            for (int j = 0; j < pairs; j++)
            {
                float first = head[j * step], second = head[(j * step) + partner];
                float cosine = cosines[at + j], sine = sines[at + j];
                head[j * step] = (first * cosine) - (second * sine);
                head[(j * step) + partner] = (first * sine) + (second * cosine);
            }
        }

        return new ManagedArray(result, x.Shape);
    }

    /// <inheritdoc />
    public BackendArray Attention(
        BackendArray queries, BackendArray keys, BackendArray values, float scale, BackendArray? mask, BackendArray? sinks, float softcap)
    {
        int batch = queries[0], heads = queries[1], length = queries[2], depth = queries[3];
        int groups = keys[1], steps = keys[2], width = values[3];
        if (keys[0] != batch
            || values[0] != batch
            || values[1] != groups
            || values[2] != steps
            || keys[3] != depth
            || heads % groups != 0
            || (sinks is not null && sinks[0] != heads))
        {
            throw new ArgumentException($"Attention of {queries} over {keys} and {values} is not defined.", nameof(keys));
        }

        float[] q = Floats(queries), k = Floats(keys), v = Floats(values), result = New(batch * heads * length * width);
        float[]? added = mask is null ? null : Floats(mask), sunk = sinks is null ? null : Floats(sinks);
        int perGroup = heads / groups;
        Run(batch * heads, (long)result.Length * steps, item =>
        {
            int row = item / heads, head = item % heads;
            int group = ((row * groups) + (head / perGroup)) * steps;
            float[] scores = New(steps);
            for (int t = 0; t < length; t++)
            {
                ReadOnlySpan<float> query = q.AsSpan(((item * length) + t) * depth, depth);
                for (int s = 0; s < steps; s++)
                {
                    scores[s] = TensorPrimitives.Dot(query, k.AsSpan((group + s) * depth, depth)) * scale;
                }

                if (softcap != 0)
                {
                    TensorPrimitives.Divide(scores, softcap, scores);
                    TensorPrimitives.Tanh(scores, scores);
                    TensorPrimitives.Multiply(scores, softcap, scores);
                }

                if (added is not null)
                {
                    TensorPrimitives.Add(scores, added.AsSpan(MaskRow(mask!, row, head, t) * steps, steps), scores);
                }

                Weigh(scores, sunk is null ? float.NegativeInfinity : sunk[head]);
                Span<float> to = result.AsSpan(((item * length) + t) * width, width);
                to.Clear();
                for (int s = 0; s < steps; s++)
                {
                    if (scores[s] != 0)
                    {
                        TensorPrimitives.MultiplyAdd(v.AsSpan((group + s) * width, width), scores[s], to, to);
                    }
                }
            }
        });
        return new ManagedArray(result, [batch, heads, length, width]);
    }

    /// <inheritdoc />
    public BackendArray CausalConvolution(BackendArray x, BackendArray weight, BackendArray? bias)
    {
        int batch = x[0], padded = x[1], channels = x[2], kernel = weight[1], length = padded - kernel + 1;
        if (weight[0] != channels || length < 0)
        {
            throw new ArgumentException($"{weight} is no convolution of {x}.", nameof(weight));
        }

        // (C, K, ...) to (K, C), so that channels lie side by side.
        float[] taps = New(kernel * channels);
        for (int c = 0; c < channels; c++)
        {
            for (int j = 0; j < kernel; j++)
            {
                taps[(j * channels) + c] = Floats(weight)[(c * kernel) + j];
            }
        }

        float[] result = new float[batch * length * channels];
        for (int b = 0; b < batch; b++)
        {
            for (int t = 0; t < length; t++)
            {
                Span<float> to = result.AsSpan(((b * length) + t) * channels, channels);
                if (bias is not null)
                {
                    Floats(bias).CopyTo(to);
                }

                for (int j = 0; j < kernel; j++)
                {
                    TensorPrimitives.MultiplyAdd(Floats(x).AsSpan(((b * padded) + t + j) * channels, channels), taps.AsSpan(j * channels, channels), to, to);
                }
            }
        }

        return new ManagedArray(result, [batch, length, channels]);
    }

    private static int MaskRow(BackendArray mask, int row, int head, int t)
    {
        if (mask.Rank == 2)
        {
            return t;
        }

        int b = mask[0] == 1 ? 0 : row, h = mask[1] == 1 ? 0 : head;
        return (((b * mask[1]) + h) * mask[2]) + t;
    }

    // Softmax in which a sink takes its share.
    private static void Weigh(Span<float> scores, float sink)
    {
        float largest = MathF.Max(TensorPrimitives.Max<float>(scores), sink);
        TensorPrimitives.Subtract(scores, float.IsNegativeInfinity(largest) ? 0 : largest, scores);
        TensorPrimitives.Exp<float>(scores, scores);
        TensorPrimitives.Divide(scores, TensorPrimitives.Sum<float>(scores) + (float.IsNegativeInfinity(sink) ? 0 : MathF.Exp(sink - largest)), scores);
    }
}
