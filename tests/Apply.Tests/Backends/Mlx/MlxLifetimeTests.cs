using Transfuse.Apply.Backends;
using Transfuse.Apply.Backends.Mlx;
using Transfuse.Apply.Models;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.RoundTrip;
using Transfuse.Apply.Tests.Support;

namespace Transfuse.Apply.Tests.Backends.Mlx;

/// <summary>
/// Arrays of MLX come and go: none is left, none is freed too early. TRANSFUSE_MLX_CYCLES multiplies the counts: 100 makes 10,000 passes and 1,000 loads.
/// </summary>
[Collection(nameof(Alone))]
public class MlxLifetimeTests(ITestOutputHelper output)
{
    // What the runtime itself may come to need meanwhile.
    private const long ResidentSlack = 16L << 20;

    private static readonly ModelCase Llama = ModelCase.Load("llama");
    private static readonly int Cycles = int.TryParse(Environment.GetEnvironmentVariable("TRANSFUSE_MLX_CYCLES"), out int cycles) ? cycles : 1;

    [Fact]
    public void Passes_leave_nothing()
    {
        using ITensorBackend backend = TestBackends.Mlx();
        using LanguageModel model = LanguageModel.Load(Llama.Base, backend);
        using AdapterContainer adapter = AdapterContainer.FromFolder(Llama.Adapter, model.Source);
        adapter.LoadInto(model);
        _ = model.Logits(Llama.Ids, 2);
        Collect();
        long arrays = MlxBackend.LiveArrays, bytes = MlxBackend.ActiveMemory;

        Repeat(100 * Cycles, () => _ = model.Logits(Llama.Ids, 2));

        Assert.Equal(arrays, MlxBackend.LiveArrays);
        Assert.InRange(MlxBackend.ActiveMemory - bytes, -4096, 4096);
    }

    [Fact]
    public void Loads_and_unloads_leave_nothing()
    {
        using ITensorBackend backend = TestBackends.Mlx();
        LoadAndRun(backend);
        Collect();
        long arrays = MlxBackend.LiveArrays, bytes = MlxBackend.ActiveMemory;
        Repeat(10 * Cycles, () => LoadAndRun(backend));

        Assert.Equal(arrays, MlxBackend.LiveArrays);
        Assert.InRange(MlxBackend.ActiveMemory - bytes, -4096, 4096);
    }

    [Fact]
    public void Two_models_run_on_two_threads()
    {
        using ITensorBackend first = TestBackends.Mlx(), second = TestBackends.Mlx();
        ModelCase other = ModelCase.Load("qwen3_moe");
        using LanguageModel llama = LanguageModel.Load(Llama.Base, first), qwen = LanguageModel.Load(other.Base, second);
        float[][] results = new float[20][];

        Parallel.For(0, results.Length, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i =>
            results[i] = i % 2 == 0 ? llama.Logits(Llama.Ids, 2) : qwen.Logits(other.Ids, 2));

        Assert.All(results.Where((_, i) => i % 2 == 0), logits => Assert.InRange(ModelCase.Largest(Llama.LogitsBase, logits), 0, ModelCase.Tolerance));
        Assert.All(results.Where((_, i) => i % 2 == 1), logits => Assert.InRange(ModelCase.Largest(other.LogitsBase, logits), 0, ModelCase.Tolerance));
    }

    [Fact]
    public void Cancelled_in_the_middle_the_model_goes_on()
    {
        using ITensorBackend backend = TestBackends.Mlx();
        using LanguageModel model = LanguageModel.Load(Llama.Base, backend);
        using AdapterContainer adapter = AdapterContainer.FromFolder(Llama.Adapter, model.Source);
        using var cancel = new CancellationTokenSource();
        var afterOne = new AfterOne(cancel);

        Assert.Throws<OperationCanceledException>(() => LogitsVerifier.Compare(model, adapter, null, Llama.Ids, 2, afterOne, cancel.Token));

        Assert.InRange(ModelCase.Largest(Llama.LogitsBase, model.Logits(Llama.Ids, 2)), 0, ModelCase.Tolerance);
    }

    [Fact]
    public void Disposed_in_any_order_nothing_crashes()
    {
        ITensorBackend backend = TestBackends.Mlx();
        LanguageModel model = LanguageModel.Load(Llama.Base, backend);
        AdapterContainer adapter = AdapterContainer.FromFolder(Llama.Adapter, model.Source);
        ModelCache cache = model.NewCache();
        adapter.LoadInto(model);
        _ = model.Logits(Llama.Ids.AsSpan()[..5], cache);
        BackendArray array = backend.FromSingles([1, 2], 2);

        backend.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.Logits([1], cache));
        Assert.Throws<ObjectDisposedException>(() => backend.Add(array, array));
        model.Dispose();
        adapter.Dispose();
        model.Dispose();
        backend.Dispose();
        Collect();
        using ITensorBackend next = TestBackends.Mlx();
        Assert.Equal([2, 4], next.ToSingles(next.Add(next.FromSingles([1, 2], 2), next.FromSingles([1, 2], 2))));
    }

    [Fact]
    public void A_model_whose_weights_go_after_each_use_computes_the_same()
    {
        using var backend = new MlxBackend(TestBackends.Library, new MlxOptions { OnCpu = true, KeepsWeights = false });
        using LanguageModel model = LanguageModel.Load(Llama.Base, backend);

        Assert.InRange(ModelCase.Largest(Llama.LogitsBase, model.Logits(Llama.Ids, 2)), 0, ModelCase.Tolerance);
        Assert.Equal(model.Logits(Llama.Ids, 2), model.Logits(Llama.Ids, 2));
    }

    [Fact]
    public void An_array_of_ended_work_is_refused_and_a_held_one_is_not()
    {
        using ITensorBackend backend = TestBackends.Mlx();
        BackendArray held = null!, lost = backend.Run(() =>
        {
            held = backend.FromSingles([3], 1);
            held.Hold();
            return backend.FromSingles([4], 1);
        });

        Assert.Equal([3], backend.ToSingles(held));
        Assert.Throws<ObjectDisposedException>(() => backend.ToSingles(lost));
        held.Release();
        Assert.Throws<ObjectDisposedException>(() => backend.ToSingles(held));
    }

    // The first tenth lets the process grow to what it needs; after that its resident memory is flat, but for the heap that the collector keeps for later.
    private void Repeat(int times, Action action)
    {
        long native = 0;
        for (int i = 0; i < times; i++)
        {
            action();
            if (i == times / 10)
            {
                native = Native();
            }
        }

        long grown = Native() - native;
        output.WriteLine(
            $"{times} times: {MlxBackend.LiveArrays} arrays live, {MlxBackend.ActiveMemory} bytes active, {Environment.WorkingSet >> 10} KiB resident, "
            + $"of which the collector holds {GC.GetGCMemoryInfo().TotalCommittedBytes >> 10} KiB; {grown >> 10} KiB of the rest are new");
        Assert.InRange(grown, long.MinValue, ResidentSlack);
    }

    private static long Native()
    {
        Collect();
        return Environment.WorkingSet - GC.GetGCMemoryInfo().TotalCommittedBytes;
    }

    private static void LoadAndRun(ITensorBackend backend)
    {
        using LanguageModel model = LanguageModel.Load(Llama.Base, backend);
        using AdapterContainer adapter = AdapterContainer.FromFolder(Llama.Adapter, model.Source);
        adapter.LoadInto(model);
        _ = model.Logits(Llama.Ids, 2);
    }

    internal static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    private sealed class AfterOne(CancellationTokenSource cancel) : IProgress<int>
    {
        public void Report(int value) => cancel.Cancel();
    }
}
