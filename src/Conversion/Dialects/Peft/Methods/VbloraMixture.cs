using System.Numerics.Tensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>Which vectors of the bank make up the pieces of one factor: of each piece the vectors' numbers and their shares, which add up to 1.</summary>
/// <param name="Indices">Numbers of vectors, piece after piece.</param>
/// <param name="Weights">Their shares.</param>
/// <param name="Count">Vectors in a piece.</param>
internal sealed record VbloraMixture(int[] Indices, double[] Weights, int Count)
{
    // Shares are rounded to float32 before the last is left out.
    private const double Slack = 1e-5;

    /// <summary>
    /// Of each piece the largest logits and their softmax; <see langword="null"/> where equal or infinite logits leave open which are largest, or their shares.
    /// </summary>
    /// <param name="logits">(a, b, N), without NaN; negative infinity stands for no share.</param>
    /// <param name="count">How many to take, at most N.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static VbloraMixture? FromLogits(LazyTensor logits, int count, CancellationToken cancellationToken)
    {
        double[] values = logits.ToDoubles(cancellationToken);
        int size = (int)logits.Shape[2];
        int pieces = values.Length / size;
        var mixture = new VbloraMixture(new int[checked(pieces * count)], new double[checked(pieces * count)], count);
        int[] order = new int[size];
        for (int piece = 0; piece < pieces; piece++)
        {
            Span<double> keys = values.AsSpan(piece * size, size);
            for (int i = 0; i < size; i++)
            {
                order[i] = i;
            }

            TensorPrimitives.Negate(keys, keys);
            keys.Sort(order);
            bool isTied = count < size && keys[count - 1] == keys[count] && keys[count] < double.PositiveInfinity;
            if (isTied || double.IsInfinity(keys[0]))
            {
                return null;
            }

            // Less the largest, so that no exponential overflows.
            Span<double> weights = mixture.Weights.AsSpan(piece * count, count);
            TensorPrimitives.Subtract(keys[0], keys[..count], weights);
            TensorPrimitives.SoftMax(weights, weights);
            order.AsSpan(0, count).CopyTo(mixture.Indices.AsSpan(piece * count, count));
        }

        return mixture;
    }

    /// <summary>The saved numbers and all shares but the last; <see langword="null"/> where a number is no vector's or shares are negative.</summary>
    /// <param name="indices">(a, b, k).</param>
    /// <param name="shares">(a, b, k - 1).</param>
    /// <param name="vectors">Vectors in the bank.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static VbloraMixture? FromSaved(LazyTensor indices, LazyTensor shares, long vectors, CancellationToken cancellationToken)
    {
        long[] numbers = IntegerValues.Read(indices, cancellationToken);
        double[] saved = shares.Shape.ElementCount == 0 ? [] : shares.ToDoubles(cancellationToken);
        int count = (int)indices.Shape[2];
        double[] weights = new double[numbers.Length];
        for (int piece = 0; piece < numbers.Length / count; piece++)
        {
            Span<double> all = weights.AsSpan(piece * count, count);
            saved.AsSpan(piece * (count - 1), count - 1).CopyTo(all);
            all[^1] = 1 - TensorPrimitives.Sum<double>(all[..^1]);
            all[^1] = all[^1] is < 0 and > -Slack ? 0 : all[^1];
            if (!(TensorPrimitives.Min<double>(all) >= 0))
            {
                return null;
            }
        }

        bool exist = numbers.All(number => number >= 0 && number < vectors);
        return exist ? new VbloraMixture([.. numbers.Select(number => (int)number)], weights, count) : null;
    }

    /// <summary>Makes one piece.</summary>
    /// <param name="piece">Its number.</param>
    /// <param name="bank">The vectors, one after the other.</param>
    /// <param name="destination">Receives the piece, as long as a vector.</param>
    public void Mix(int piece, ReadOnlySpan<double> bank, Span<double> destination)
    {
        destination.Clear();
        for (int i = piece * Count; i < (piece + 1) * Count; i++)
        {
            TensorPrimitives.MultiplyAdd(bank.Slice(Indices[i] * destination.Length, destination.Length), Weights[i], destination, destination);
        }
    }
}
