using Transfuse.Apply.Backends;
using Transfuse.Apply.Backends.Managed;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Tests.Support;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests;

public abstract class AdapterContainerTests(Func<ITensorBackend> newBackend)
{
    private static readonly ModelCase Recorded = ModelCase.Load("qwen3_moe");

    [Fact]
    public void Swapping_two_adapters_equals_loading_each_alone()
    {
        using ITensorBackend backend = newBackend();
        using LanguageModel model = LanguageModel.Load(Recorded.Base, backend);
        using AdapterContainer first = AdapterContainer.FromFolder(Recorded.Adapter, model.Source);
        using AdapterContainer second = AdapterContainer.FromAdapter(
            first.Adapter with { Modules = [.. first.Adapter.Modules.Select(module => module with { Scale = -1 })] });
        float[] before = Logits(model);
        first.LoadInto(model);
        float[] firstAlone = Logits(model);
        first.Unload();
        second.LoadInto(model);
        float[] secondAlone = Logits(model);

        first.LoadInto(model);
        Assert.False(second.IsLoaded);
        Assert.Equal(firstAlone, Logits(model));
        second.LoadInto(model);
        Assert.Equal(secondAlone, Logits(model));
        second.Unload();
        Assert.Equal(before, Logits(model));
        Assert.NotEqual(firstAlone, secondAlone);
    }

    [Fact]
    public void Layers_are_switched_one_by_one()
    {
        using ITensorBackend backend = newBackend();
        using LanguageModel model = LanguageModel.Load(Recorded.Base, backend);
        using AdapterContainer adapter = AdapterContainer.FromFolder(Recorded.Adapter, model.Source);
        float[] before = Logits(model);
        adapter.LoadInto(model);
        float[] on = Logits(model);

        adapter.SetEnabled(path => path.Relative.StartsWith("self_attn", StringComparison.Ordinal), false);
        float[] some = Logits(model);
        Assert.False(adapter.Enabled);
        Assert.Equal(
            adapter.Layers.Count(layer => layer.Factors.Path.Relative.StartsWith("self_attn", StringComparison.Ordinal)),
            adapter.Layers.Count(layer => !layer.Enabled));
        adapter.SetEnabled(_ => true, false);
        Assert.Equal(before, Logits(model));
        adapter.Enabled = true;
        Assert.Equal(on, Logits(model));
        Assert.NotEqual(on, some);
        Assert.NotEqual(before, some);
    }

    [Theory]
    [InlineData("llama", false)]
    [InlineData("llama", true)]
    [InlineData("qwen3_moe", false)]
    [InlineData("llama_q4", false)]
    [InlineData("llama_q4", true)]
    public void A_new_adapter_changes_nothing_and_its_kind_is_that_of_the_weight(string name, bool dora)
    {
        ModelCase recorded = ModelCase.Load(name);
        using ITensorBackend backend = newBackend();
        using LanguageModel model = LanguageModel.Load(recorded.Base, backend);
        using AdapterContainer adapter = AdapterContainer.Create(model, new LoraConfiguration { Rank = 4, IsDora = dora }, seed: 7);
        float[] before = model.Logits(recorded.Ids, 2);

        adapter.LoadInto(model);

        Assert.InRange(ModelCase.Largest(before, model.Logits(recorded.Ids, 2)), 0, dora ? 2e-5 : 0);
        bool quantized = name.EndsWith("q4", StringComparison.Ordinal);
        Assert.All(adapter.Layers.Where(layer => layer is LinearLayer && !layer.Factors.Path.Relative.EndsWith("mlp.gate", StringComparison.Ordinal)), layer =>
            Assert.Equal(quantized ? dora ? "QDoraLinear" : "QLoraLinear" : dora ? "DoraLinear" : "LoraLinear", layer.GetType().Name));
        Assert.All(adapter.Adapter.Modules, module =>
        {
            double bound = 1 / Math.Sqrt(module.InputSize), largest = TensorProbe.MaxMagnitude(module.A);
            Assert.InRange(largest, 0.8 * bound, bound);
            Assert.True(TensorProbe.IsAllZero(module.B));
        });
    }

    [Fact]
    public void A_new_adapter_has_the_keys_and_layers_that_were_asked_for()
    {
        using ITensorBackend backend = newBackend();
        using LanguageModel model = LanguageModel.Load(ModelCase.Load("llama").Base, backend);

        using AdapterContainer some = AdapterContainer.Create(model, new LoraConfiguration { Layers = 1, Keys = ["self_attn.q_proj", "lm_head"] });
        using AdapterContainer all = AdapterContainer.Create(model, new LoraConfiguration { Layers = 0 });

        Assert.Equal(["lm_head", "model.layers.1.self_attn.q_proj"], some.Adapter.Modules.Select(module => module.Path.Text).Order(StringComparer.Ordinal));
        Assert.Equal(14, all.Adapter.Modules.Length);
        Assert.Equal(
            AdapterError.NoSuchLayer,
            Assert.Throws<AdapterException>(() => AdapterContainer.Create(model, new LoraConfiguration { Keys = ["q_proj"] })).Cause);
    }

    [Fact]
    public void Base_and_adapted_passes_share_one_cache()
    {
        using ITensorBackend backend = newBackend();
        using LanguageModel model = LanguageModel.Load(Recorded.Base, backend);
        using AdapterContainer adapter = AdapterContainer.FromFolder(Recorded.Adapter, model.Source);
        adapter.LoadInto(model);
        adapter.Enabled = false;
        ModelCache shared = model.NewCache();
        _ = model.Logits(Recorded.Ids.AsSpan()[..19], shared);
        ModelCache forBase = shared.Copy();
        float[] continued = model.Logits(Recorded.Ids.AsSpan()[19..20], forBase);

        adapter.Enabled = true;
        float[] adapted = model.Logits(Recorded.Ids.AsSpan()[19..20], shared);

        Assert.Equal((20, 20), (shared.Length, forBase.Length));
        Assert.InRange(ModelCase.Largest(Recorded.LogitsBase.AsSpan(19 * 67, 67).ToArray(), continued), 0, ModelCase.Tolerance);
        Assert.NotEqual(continued, adapted);
    }

    [Theory]
    [InlineData("llama_window")]
    [InlineData("gpt_oss")]
    [InlineData("gemma3_text")]
    [InlineData("lfm2")]
    [InlineData("qwen3_next")]
    [InlineData("mamba2")]
    public void Cached_logits_equal_those_of_the_whole_across_a_window(string name)
    {
        ModelCase recorded = ModelCase.Load(name);
        using ITensorBackend backend = newBackend();
        using LanguageModel model = LanguageModel.Load(recorded.Base, backend);
        int[] ids = recorded.Ids[..20];
        float[] whole = model.Logits(ids);
        ModelCache cache = model.NewCache();

        List<float> steps = [.. model.Logits(ids.AsSpan()[..5], cache), .. model.Logits(ids.AsSpan()[5..12], cache)];
        for (int t = 12; t < 20; t++)
        {
            steps.AddRange(model.Logits([ids[t]], cache));
        }

        Assert.InRange(ModelCase.Largest(whole, [.. steps]), 0, 1e-4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void The_number_of_threads_does_not_change_a_bit(int threads)
    {
        using var one = new ManagedBackend(1);
        using var many = new ManagedBackend(threads);
        using LanguageModel alone = LanguageModel.Load(Fixtures.HfBaseFolder("llama"), one), together = LanguageModel.Load(
            Fixtures.HfBaseFolder("llama"), many);
        int[] ids = [.. Enumerable.Range(0, 100)];

        Assert.Equal(alone.Logits(ids), together.Logits(ids));
    }

    [Fact]
    public void Dropout_has_no_effect()
    {
        using ITensorBackend backend = newBackend();
        using LanguageModel model = LanguageModel.Load(Recorded.Base, backend);
        using AdapterContainer adapter = AdapterContainer.FromFolder(Recorded.Adapter, model.Source);
        using AdapterContainer dropping = AdapterContainer.FromAdapter(
            adapter.Adapter with { Modules = [.. adapter.Adapter.Modules.Select(module => module with { Dropout = 0.5 })] });
        adapter.LoadInto(model);
        float[] plain = Logits(model);
        dropping.LoadInto(model);

        Assert.Equal(plain, Logits(model));
    }

    [Fact]
    public void Refuses_what_does_not_fit_and_leaves_the_model_alone()
    {
        using ITensorBackend backend = newBackend();
        using LanguageModel model = LanguageModel.Load(Recorded.Base, backend);
        using AdapterContainer good = AdapterContainer.FromFolder(Recorded.Adapter, model.Source);
        AdapterModule linear = good.Adapter.Modules.First(module => module.Path.Relative == "self_attn.q_proj");

        AdapterError Cause(AdapterModule module)
        {
            using AdapterContainer wrong = AdapterContainer.FromAdapter(good.Adapter with { Modules = [module] });
            return Assert.Throws<AdapterException>(() => wrong.LoadInto(model)).Cause;
        }

        Assert.Equal(AdapterError.NoSuchLayer, Cause(linear with { Path = ModulePath.Parse("model.layers.9.self_attn.q_proj") }));
        Assert.Equal(AdapterError.DoesNotFit, Cause(linear with { A = linear.A.Slice(1, 0, 31) }));
        Assert.Equal(AdapterError.DoesNotFit, Cause(linear with { Kind = ModuleKind.Embedding }));
        Assert.Equal(AdapterError.DoesNotFit, Cause(linear with { Magnitude = LazyTensorOperations.Zeros(DType.F32, new TensorShape(3)) }));
        Assert.All(model.Slots.Values, slot => Assert.Same(slot.Original, slot.Current));
    }

    private static float[] Logits(LanguageModel model) => model.Logits(Recorded.Ids, 2);
}
