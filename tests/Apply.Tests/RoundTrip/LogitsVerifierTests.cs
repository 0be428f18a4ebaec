using Transfuse.Apply.Backends;
using Transfuse.Apply.Models;
using Transfuse.Apply.RoundTrip;
using Transfuse.Apply.Tests.Support;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.RoundTrip;

/// <summary>
/// Two adapters on one model: what is the same is seen to be, and each mistake of a plain converter shows, at the first layer that it touches.
/// </summary>
public abstract class LogitsVerifierTests(Func<ITensorBackend> newBackend)
{
    private static readonly FixtureCase Llama = Fixtures.Case("llama_all_linear");
    private static readonly FixtureCase Mixtral = Fixtures.Case("mixtral_params");

    [Fact]
    public void An_adapter_agrees_with_itself_bit_for_bit()
    {
        LogitsComparison comparison = Compare(Llama, adapter => adapter);

        Assert.Equal(0, comparison.LargestError);
        Assert.True(comparison.Agrees(0));
        Assert.Null(comparison.FirstApart(0));
        Assert.Equal(1, comparison.TopAgreement);
        Assert.Equal(0, comparison.LargestDivergence, 1e-9);
        Assert.InRange(comparison.Shift, 1, 10);
        Assert.Equal([-1, 0, 1, 2, 3], comparison.Layers.Select(layer => layer.Layer));
    }

    [Fact]
    public void No_transpose_shows_at_the_first_layer() => Parts(0, Compare(Llama, adapter => Change(adapter, "self_attn.q_proj", 0, module =>
        module with { A = module.A.Reshape(new TensorShape(module.A.Shape[1], module.A.Shape[0])).Transpose() })));

    [Fact]
    public void Alpha_for_scale_shows_at_the_first_layer() => Parts(0, Compare(Llama, adapter => adapter with
    {
        Modules = [.. adapter.Modules.Select(module => module with { Scale = module.Scale * module.Rank })],
    }));

    [Fact]
    public void Gate_and_up_swapped_shows_at_the_first_layer() => Parts(0, Compare(Llama, adapter => adapter with
    {
        Modules = [.. adapter.Modules.Select(module => module.Path.Leaf switch
        {
            "gate_proj" => module with { Path = Sibling(module, "up_proj") },
            "up_proj" => module with { Path = Sibling(module, "gate_proj") },
            _ => module,
        })],
    }));

    [Fact]
    public void One_layer_off_shows_at_the_first_layer() => Parts(0, Compare(Llama, adapter => adapter with
    {
        Modules =
            [.. adapter.Modules.Select(
                module => module with { Path = ModulePath.Parse($"{module.Path.LayersRoot}.{(module.Path.Layer + 1) % 3}.{module.Path.Relative}") })],
    }));

    [Fact]
    public void A_single_changed_factor_shows_at_its_layer() =>
        Parts(1, Compare(Llama, adapter => Change(adapter, "mlp.down_proj", 1, module => module with { B = module.B.Scale(1.01f) })));

    [Fact]
    public void A_permuted_expert_shows_at_its_layer() =>
        Parts(2, Compare(Mixtral, adapter => Change(adapter, "block_sparse_moe.switch_mlp.down_proj", 2, module =>
    {
        long[] order = [1, 0, .. Enumerable.Range(2, (int)module.A.Shape[0] - 2).Select(expert => (long)expert)];
        return module with { A = module.A.Gather(0, order), B = module.B.Gather(0, order) };
    })));

    [Fact]
    public void One_adapter_alone_tells_what_it_changes()
    {
        using ITensorBackend backend = newBackend();
        using LanguageModel model = LanguageModel.Load(Llama.BaseFolder, backend);
        using AdapterContainer adapter = AdapterContainer.FromFolder(Llama.AdapterFolder, model.Source);
        int[] ids = [.. Llama.InputIds.SelectMany(row => row)];

        (LogitsComparison comparison, LogitsRun run) = LogitsVerifier.Compare(model, adapter, null, ids, Llama.InputIds.Length);

        float[] expected =
        [
            .. Llama.Expected["logits_adapter"].Values.Select(value => (float)value),
        ], before = [.. Llama.Expected["logits_base"].Values.Select(value => (float)value)];
        Assert.Equal(ModelCase.Largest(before, expected), comparison.Shift, 1e-4);
        Assert.InRange(ModelCase.Largest(expected, run.First), 0, 1e-4);
        Assert.Null(run.Second);
        Assert.Empty(comparison.Layers);
        Assert.False(adapter.IsLoaded);
    }

    [Fact]
    public void A_new_adapter_changes_nothing()
    {
        using ITensorBackend backend = newBackend();
        using LanguageModel model = LanguageModel.Load(Llama.BaseFolder, backend);
        using AdapterContainer adapter = AdapterContainer.Create(model, new LoraConfiguration());

        (LogitsComparison comparison, LogitsRun run) = LogitsVerifier.Compare(model, adapter, null, [1, 2, 3, 4], 1);

        Assert.Equal(0, comparison.Shift);
        Assert.Equal(run.Base, run.First);
    }

    private static void Parts(int layer, LogitsComparison comparison)
    {
        Assert.False(comparison.Agrees(LogitsComparison.Rounding));
        Assert.Equal(layer, comparison.FirstApart(LogitsComparison.Rounding)!.Layer);
    }

    private LogitsComparison Compare(FixtureCase recorded, Func<Adapter, Adapter> mistake)
    {
        using ITensorBackend backend = newBackend();
        using LanguageModel model = LanguageModel.Load(recorded.BaseFolder, backend);
        using AdapterContainer right = AdapterContainer.FromFolder(recorded.AdapterFolder, model.Source);
        using AdapterContainer wrong = AdapterContainer.FromAdapter(mistake(right.Adapter));
        int[] ids = [.. recorded.InputIds.SelectMany(row => row)];
        return LogitsVerifier.Compare(model, right, wrong, ids, recorded.InputIds.Length).Comparison;
    }

    private static Adapter Change(Adapter adapter, string relative, int layer, Func<AdapterModule, AdapterModule> change)
    {
        Assert.Single(adapter.Modules, module => module.Path.Relative == relative && module.Path.Layer == layer);
        return adapter with
        {
            Modules = [.. adapter.Modules.Select(module => module.Path.Relative == relative && module.Path.Layer == layer ? change(module) : module)],
        };
    }

    private static ModulePath Sibling(AdapterModule module, string leaf) => ModulePath.Parse(module.Path.Text[..^module.Path.Leaf.Length] + leaf);
}
