using Transfuse.Conversion.Dialects.Peft;

namespace Transfuse.Conversion.Tests.Dialects.Peft;

/// <summary><c>target_parameters</c> by the module that each names, against a plain loop over all items.</summary>
public class PeftParameterIndexTests
{
    private static readonly string[] Targets =
    [
        "mlp.experts.gate_up_proj", "experts.down_proj", "gate.weight", "down_proj", "model.layers.0.mlp.experts.w1", "experts.down_proj", ".odd", "mlp.", "",
        "xperts.near", "layers.0.mlp.experts.gate_up_proj",
    ];

    [Theory]
    [InlineData("model.layers.0.mlp.experts")]
    [InlineData("model.layers.1.mlp.experts")]
    [InlineData("experts")]
    [InlineData("model.layers.0.mlp.gate")]
    [InlineData("model.layers.0.self_attn.q_proj")]
    [InlineData("mlp")]
    [InlineData("")]
    [InlineData(".experts")]
    public void Names_what_a_loop_over_all_items_names(string path)
    {
        var index = new PeftParameterIndex(Targets);
        Assert.Equal(Loop(path, Targets), index.Of(path, withBare: true));
        Assert.Equal(Loop(path, Targets.Where(target => target.Contains('.', StringComparison.Ordinal))), index.Of(path, withBare: false));
    }

    [Fact]
    public void Many_items_beside_many_modules_cost_their_sum()
    {
        const int Count = 20_000;
        var index = new PeftParameterIndex(Enumerable.Range(0, Count).Select(i => $"block{i}.mlp.experts.down_proj"));
        int hits = Enumerable.Range(0, Count).Sum(i => index.Of($"model.layers.0.block{i}.mlp.experts", withBare: true).Length);
        Assert.Equal(Count, hits);
        Assert.InRange(index.Lookups, Count, 8 * Count);
    }

    [Fact]
    public void Many_parameters_of_one_name_are_not_multiplied_with_the_modules()
    {
        const int Count = 20_000;
        var index = new PeftParameterIndex(Enumerable.Range(0, Count).Select(i => $"experts.p{i}"));
        for (int i = 0; i < Count; i++)
        {
            Assert.Equal(PeftParameterIndex.MostParameters + 1, index.Of($"model.layers.{i}.experts", withBare: false).Length);
        }

        Assert.InRange(index.Lookups, Count, Count * (PeftParameterIndex.MostParameters + 8L));
    }

    private static string[] Loop(string path, IEnumerable<string> targets) =>
    [
        .. targets.Select(target => (Target: target, Dot: target.LastIndexOf('.')))
            .Select(item => (Owner: item.Dot < 0 ? string.Empty : item.Target[..item.Dot], Parameter: item.Target[(item.Dot + 1)..]))
            .Where(item => item.Parameter.Length > 0
                && (item.Owner.Length == 0 || path == item.Owner || path.EndsWith("." + item.Owner, StringComparison.Ordinal)))
            .Select(item => item.Parameter).Distinct(),
    ];
}
