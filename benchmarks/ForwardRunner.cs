using System.Diagnostics;
using System.Globalization;
using Transfuse.Apply;
using Transfuse.Apply.Backends.Mlx;
using Transfuse.Apply.Models;
using Transfuse.Apply.Models.Caches;

namespace Transfuse.Benchmarks;

/// <summary>A prompt and a greedy continuation on MLX's CPU with an adapter on, in the weights' dtype, as mlx-lm computes.</summary>
internal static class ForwardRunner
{
    /// <summary>Runs twice and prints the second: milliseconds of the prompt and of each token, and the ids.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="adapterFolder">The adapter.</param>
    /// <param name="libraryPath">The file of mlx-c.</param>
    /// <param name="prompt">Number of ids of the prompt: 1, 2, 3 ...</param>
    /// <param name="decoded">Number of ids to go on with.</param>
    public static void Run(string folder, string adapterFolder, string libraryPath, int prompt, int decoded)
    {
        MlxLibrary library = MlxLibrary.Find(libraryPath).Library ?? throw new FileNotFoundException("MLX is not there.", libraryPath);
        using var backend = new MlxBackend(library, new MlxOptions { OnCpu = true, Compute = MlxCompute.Weights });
        using LanguageModel model = LanguageModel.Load(folder, backend);
        using AdapterContainer adapter = AdapterContainer.FromFolder(adapterFolder, model.Source);
        adapter.LoadInto(model);
        int[] ids = [.. Enumerable.Range(1, prompt)];
        _ = Time(model, ids, decoded);
        (double first, double each, int[] next) = Time(model, ids, decoded);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"prompt {first:F1} token {each:F2} ids {string.Join(',', next)}"));
    }

    private static (double Prompt, double Token, int[] Ids) Time(LanguageModel model, int[] ids, int decoded)
    {
        ModelCache cache = model.NewCache();
        var clock = Stopwatch.StartNew();
        float[] logits = model.Logits(ids, cache);
        int[] next = new int[decoded];
        int last = Largest(logits.AsSpan(logits.Length - model.Vocabulary));
        double prompt = clock.Elapsed.TotalMilliseconds;
        clock.Restart();
        for (int i = 0; i < decoded; i++)
        {
            next[i] = last;
            last = Largest(model.Logits([last], cache));
        }

        return (prompt, clock.Elapsed.TotalMilliseconds / decoded, next);
    }

    private static int Largest(ReadOnlySpan<float> values)
    {
        int largest = 0;
        for (int i = 1; i < values.Length; i++)
        {
            largest = values[i] > values[largest] ? i : largest;
        }

        return largest;
    }
}
