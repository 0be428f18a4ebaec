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
    /// <summary>Answers lines of standard input: "prompt" with milliseconds, and "decode N" with milliseconds and the ids.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="adapterFolder">The adapter.</param>
    /// <param name="libraryPath">The file of mlx-c.</param>
    /// <param name="prompt">Number of ids of the prompt: 1, 2, 3 ...</param>
    public static void Run(string folder, string adapterFolder, string libraryPath, int prompt)
    {
        MlxLibrary library = MlxLibrary.Find(libraryPath).Library ?? throw new FileNotFoundException("MLX is not there.", libraryPath);
        using var backend = new MlxBackend(library, new MlxOptions { OnCpu = true, Compute = MlxCompute.Weights });
        using LanguageModel model = LanguageModel.Load(folder, backend);
        using AdapterContainer adapter = AdapterContainer.FromFolder(adapterFolder, model.Source);
        adapter.LoadInto(model);
        int[] ids = [.. Enumerable.Range(1, prompt)];
        ModelCache cache = model.NewCache();
        int last = 0;
        while (Console.ReadLine() is { } line)
        {
            var clock = Stopwatch.StartNew();
            var decoded = new List<int>();
            if (line == "prompt")
            {
                cache = model.NewCache();
                last = Next(model, ids, cache);
            }
            else
            {
                for (int left = int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture); left > 0; left--)
                {
                    decoded.Add(last);
                    last = Next(model, [last], cache);
                }
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalMilliseconds} {string.Join(',', decoded)}"));
        }
    }

    private static int Next(LanguageModel model, int[] ids, ModelCache cache)
    {
        float[] logits = model.Logits(ids, cache);
        return Largest(logits.AsSpan(logits.Length - model.Vocabulary));
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
