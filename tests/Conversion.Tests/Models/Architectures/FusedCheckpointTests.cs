using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Architectures.Weights;
using Transfuse.Conversion.Models.Steps;

namespace Transfuse.Conversion.Tests.Models.Architectures;

/// <summary>Hunyuan's old files fuse projections: per group of heads, and with up before gate. They are understood, never written.</summary>
public class FusedCheckpointTests
{
    private static readonly ArchitectureMap Map = new(ArchitectureTable.Default.Find("hunyuan")!, SyntheticBase.Config());

    [Fact]
    public void Grouped_rows_go_to_query_key_and_value()
    {
        // 4 heads of 2, 2 of them for keys: per group 2 query heads, 1 key head, 1 value head, of 2 rows each.
        MlxMapping mapping = Map.MapToMlx("model.layers.0.self_attn.qkv_proj");
        Assert.Equal(["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"], mapping.Targets.Select(target => target.Key));
        Assert.Equal([0, 1, 2, 3, 8, 9, 10, 11], Rows(mapping.Targets[0].Rows, 16));
        Assert.Equal([4, 5, 12, 13], Rows(mapping.Targets[1].Rows, 16));
        Assert.Equal([6, 7, 14, 15], Rows(mapping.Targets[2].Rows, 16));
    }

    [Fact]
    public void Up_comes_before_gate()
    {
        MlxMapping mapping = Map.MapToMlx("model.layers.0.mlp.experts.2.gate_and_up_proj");
        Assert.Equal(["mlp.switch_mlp.up_proj", "mlp.switch_mlp.gate_proj"], mapping.Targets.Select(target => target.Key));
        Assert.Equal([RowSelection.Part(0, 2), RowSelection.Part(1, 2)], mapping.Targets.Select(target => target.Rows));
        Assert.All(mapping.Targets, target => Assert.Equal(2, target.Expert));
    }

    [Fact]
    public void Weights_follow_the_same_rows()
    {
        TensorMapping mapping = Map.MapTensor("model.layers.0.self_attn.qkv_proj.weight");
        Assert.Equal(
            Map.MapToMlx("model.layers.0.self_attn.qkv_proj").Targets.Select(target => target.Rows),
            mapping.Targets.Select(target => Assert.IsType<ModuleStep.SelectRows>(Assert.Single(target.Steps)).Rows));
    }

    [Fact]
    public void Separate_projections_are_understood_and_written()
    {
        Assert.Equal("self_attn.q_proj", Assert.Single(Map.MapToMlx("model.layers.0.self_attn.q_proj").Targets).Key);
        Assert.Equal("model.layers.0.self_attn.q_proj", Map.MapToHuggingFace("model.layers.0.self_attn.q_proj", HfLayout.Transformers4).Path);
    }

    private static long[] Rows(RowSelection selection, long rows) =>
        [.. Enumerable.Range(0, (int)selection.CountIn(rows)).Select(i => selection.Row(i, rows))];
}
