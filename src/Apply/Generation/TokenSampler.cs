using System.Numerics.Tensors;

namespace Transfuse.Apply.Generation;

/// <summary>Chooses an id from logits, with the filters in the order of mlx-lm (0.32.0): top_p, min_p, top_k.</summary>
/// <param name="options">How.</param>
internal sealed class TokenSampler(GenerationOptions options)
{
    private readonly Random _random = new(options.Seed);

    /// <summary>An id for the logits of one position.</summary>
    public int Choose(ReadOnlySpan<float> logits)
    {
        if (options.Temperature <= 0)
        {
            return TensorPrimitives.IndexOfMax(logits);
        }

        float[] probabilities = new float[logits.Length];
        TensorPrimitives.SoftMax(logits, probabilities);
        int[] order = [.. Enumerable.Range(0, probabilities.Length).OrderByDescending(id => probabilities[id])];
        double largest = probabilities[order[0]], before = 0;
        List<int> kept = [];
        foreach (int id in order)
        {
            bool stays = kept.Count == 0
                || (before < options.TopP && probabilities[id] >= options.MinP * largest && (options.TopK <= 0 || kept.Count < options.TopK));
            if (!stays)
            {
                break;
            }

            before += probabilities[id];
            kept.Add(id);
        }

        double[] weights = [.. kept.Select(id => Math.Pow(probabilities[id] / largest, 1 / options.Temperature))];
        double drawn = _random.NextDouble() * weights.Sum();
        for (int i = 0; i < weights.Length; i++)
        {
            drawn -= weights[i];
            if (drawn < 0)
            {
                return kept[i];
            }
        }

        return kept[^1];
    }
}
