using System.Collections.Immutable;
using System.Numerics.Tensors;
using Transfuse.Apply.Backends;
using Transfuse.Apply.Models;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.RoundTrip;

/// <summary>
/// Runs a model without an adapter, with a first and with a second, layer by layer side by side: each layer's weights are read for all of them before the
/// next layer's are, so that the memory of one layer is enough for a model of any size.
/// </summary>
/// <example>
/// <code>
/// using AdapterContainer first = AdapterContainer.FromFolder("adapters/llama", model.Source);
/// using AdapterContainer second = AdapterContainer.FromFolder("adapters/llama-mlx", model.Source);
/// (LogitsComparison comparison, LogitsRun run) = LogitsVerifier.Compare(model, first, second, ids, batch: 1);
/// Console.WriteLine($"{comparison.LargestError} of {comparison.Shift}");
/// </code>
/// </example>
public static class LogitsVerifier
{
    /// <summary>Compares on one batch.</summary>
    /// <param name="model">The model; no adapter is in it afterwards.</param>
    /// <param name="first">One adapter.</param>
    /// <param name="second">Another, or <see langword="null"/> to see what the first does.</param>
    /// <param name="ids">b sequences of L ids one after the other.</param>
    /// <param name="batch">b.</param>
    /// <param name="progress">Told the number of layers done.</param>
    /// <param name="cancellationToken">Ends the work after a layer.</param>
    /// <returns>The comparison, and the logits that it is of.</returns>
    /// <exception cref="AdapterException">An adapter does not fit the model.</exception>
    /// <exception cref="ModelException">A result is not a number.</exception>
    public static (LogitsComparison Comparison, LogitsRun Run) Compare(
        LanguageModel model, AdapterContainer first, AdapterContainer? second, int[] ids, int batch, IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        AdapterContainer?[] adapters = second is null ? [null, first] : [null, first, second];
        Step[] steps = [.. adapters.Select(_ => model.Start(ids, batch, model.NewCache(), true))];
        var hidden = new BackendArray[adapters.Length];
        ImmutableArray<LayerDifference>.Builder layers = ImmutableArray.CreateBuilder<LayerDifference>();
        try
        {
            foreach (AdapterContainer? adapter in adapters)
            {
                adapter?.LoadInto(model);
            }

            All((step, _) => model.Embed(step), -1);
            for (int layer = 0; layer < model.Blocks; layer++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                All((step, h) => model.RunBlock(layer, h, step), layer);
                progress?.Report((layer + 1) * model.Layers / model.Blocks);
            }

            All((_, h) => model.Head(h), model.Blocks);
        }
        finally
        {
            model.Adapter?.Unload();
        }

        float[][] logits = [.. hidden.Select(model.Backend.ToSingles)];
        Array.ForEach(hidden, array => array.Release());
        foreach (Step step in steps)
        {
            step.End();
            step.Cache.Release();
        }

        var run = new LogitsRun(ids, batch, logits[0], logits[1], second is null ? null : logits[2]);
        model.RequireFinite(run.Base);
        return (Describe(run, model.Vocabulary, layers.ToImmutable()), run);

        // One stretch of work for each layer: what a layer needed is let go before the next.
        void All(Func<Step, BackendArray, BackendArray> work, int layer) => _ = model.Backend.Run(() =>
        {
            for (int i = 0; i < adapters.Length; i++)
            {
                model.Adapter?.Unload();
                adapters[i]?.LoadInto(model);
                BackendArray? before = hidden[i];
                hidden[i] = work(steps[i], before);
                hidden[i].Hold();
                before?.Release();
            }

            model.Backend.Evaluate([.. hidden, .. steps.SelectMany(step => step.Cache.Arrays)]);
            if (second is not null)
            {
                float[] own = model.Backend.ToSingles(hidden[1]);
                layers.Add(new LayerDifference(layer, Largest(own, model.Backend.ToSingles(hidden[2])), Largest(own, model.Backend.ToSingles(hidden[0]))));
            }

            return true;
        });
    }

    private static LogitsComparison Describe(LogitsRun run, int vocabulary, ImmutableArray<LayerDifference> layers)
    {
        (float[] expected, float[] actual) = run.Second is null ? (run.Base, run.First) : (run.First, run.Second);
        int positions = expected.Length / vocabulary, agreeing = 0;
        double sum = 0, largest = 0;
        for (int i = 0; i < positions; i++)
        {
            ReadOnlySpan<float> p = expected.AsSpan(i * vocabulary, vocabulary), q = actual.AsSpan(i * vocabulary, vocabulary);
            double divergence = Divergence(p, q);
            sum += divergence;
            largest = double.IsNaN(divergence) ? double.NaN : Math.Max(largest, divergence);
            agreeing += TensorPrimitives.IndexOfMax(p) == TensorPrimitives.IndexOfMax(q) ? 1 : 0;
        }

        return new LogitsComparison
        {
            Positions = positions,
            Shift = Largest(run.Base, run.First),
            LargestError = run.Second is null ? 0 : Largest(run.First, run.Second),
            MeanDivergence = sum / positions,
            LargestDivergence = largest,
            TopAgreement = (double)agreeing / positions,
            Layers = layers,
        };
    }

    private static double Largest(float[] a, float[] b)
    {
        double largest = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double difference = Math.Abs((double)a[i] - b[i]);
            largest = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(largest, difference);
        }

        return largest;
    }

    // KL in double: sum of p (log p - log q).
    private static double Divergence(ReadOnlySpan<float> p, ReadOnlySpan<float> q)
    {
        double logP = LogSum(p), logQ = LogSum(q), sum = 0;
        for (int i = 0; i < p.Length; i++)
        {
            double log = p[i] - logP;
            sum += Math.Exp(log) * (log - (q[i] - logQ));
        }

        return Math.Max(0, sum);
    }

    private static double LogSum(ReadOnlySpan<float> logits)
    {
        double largest = TensorPrimitives.Max(logits), sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - largest);
        }

        return largest + Math.Log(sum);
    }
}
