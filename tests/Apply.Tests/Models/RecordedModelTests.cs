using Transfuse.Apply.Backends;
using Transfuse.Apply.Models;
using Transfuse.Apply.Tests.Support;

namespace Transfuse.Apply.Tests.Models;

/// <summary>Every recorded model: logits with and without its adapter, greedy continuations with a cache, and the adapter's ways in and out.</summary>
public abstract class RecordedModelTests(Func<ITensorBackend> newBackend)
{
    public static TheoryData<string> Run { get; } = [.. ModelCase.Names];

    [Fact]
    public void Runs_all_177_models_of_110_types()
    {
        Assert.Equal(177, Run.Count);
        Assert.Equal(110, ModelCase.Names.Select(name => ModelCase.Load(name).Type).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Run))]
    public void Computes_what_mlx_lm_recorded(string name)
    {
        ModelCase recorded = ModelCase.Load(name);
        using ITensorBackend backend = newBackend();
        using LanguageModel model = LanguageModel.Load(recorded.Base, backend);
        using AdapterContainer adapter = AdapterContainer.FromFolder(recorded.Adapter, model.Source);
        float[] Logits() => model.Logits(recorded.Ids, 2);

        float[] before = Logits();
        int[] generatedBefore = [.. model.Generate(recorded.Ids[..20]).Take(8)];
        object[] own = [.. model.Slots.Values.Select(slot => slot.Current)];
        adapter.LoadInto(model);
        float[] on = Logits();
        int[] generatedOn = [.. model.Generate(recorded.Ids[..20]).Take(8)];
        adapter.Enabled = false;
        float[] off = Logits();
        adapter.Enabled = true;
        float[] onAgain = Logits();
        adapter.Unload();

        Assert.InRange(ModelCase.Largest(recorded.LogitsBase, before), 0, ModelCase.Tolerance);
        Assert.InRange(ModelCase.Largest(recorded.LogitsAdapter, on), 0, ModelCase.Tolerance);
        Assert.Equal(recorded.GeneratedBase, generatedBefore);
        Assert.Equal(recorded.GeneratedAdapter, generatedOn);
        Assert.Equal(before, off);
        Assert.Equal(on, onAgain);
        Assert.Equal(own, model.Slots.Values.Select(slot => (object)slot.Current));
        Assert.Equal(before, Logits());
    }

    [Theory]
    [MemberData(nameof(Run))]
    public void Fused_computes_what_the_adapter_does(string name)
    {
        ModelCase recorded = ModelCase.Load(name);
        using ITensorBackend backend = newBackend();
        using LanguageModel model = LanguageModel.Load(recorded.Base, backend);
        using AdapterContainer adapter = AdapterContainer.FromFolder(recorded.Adapter, model.Source);

        adapter.FuseInto(model);

        Assert.InRange(ModelCase.Largest(recorded.LogitsAdapter, model.Logits(recorded.Ids, 2)), 0, ModelCase.Tolerance);
    }
}
