using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Inference;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Metadata.Tests.Inference;

public class AdapterInferenceTests
{
    private static readonly ModuleEvidence Four = Module("model.layers.0.q_proj", 4, scale: 2, keep: 0.9);
    private static readonly ModuleEvidence Eight = Module("model.layers.1.q_proj", 8, scale: 3, keep: 1);
    private static readonly ModuleEvidence Bad = Module("model.layers.2.q_proj", 4, scale: 9.9) with { B = new TensorShape(8, 512) };

    [Fact]
    public void Without_a_list_every_module_counts()
    {
        InferredAdapter inferred = Infer(null, Four, Module("model.layers.1.q_proj", 4, scale: 2, keep: 0.9));
        Assert.Equal((4, 2.0, 0.1), (inferred.Rank, inferred.Scale, inferred.Dropout));
        Assert.Equal(["model.layers.0.q_proj", "model.layers.1.q_proj"], inferred.Keys);
    }

    [Fact]
    public void An_empty_list_suppresses_nothing()
    {
        InferredAdapter inferred = Infer("[]", Four);
        Assert.Equal(4, inferred.Rank);
        Assert.Equal(["model.layers.0.q_proj"], inferred.Keys);
    }

    [Fact]
    public void A_list_picks_its_modules()
    {
        InferredAdapter inferred = Infer("[\"model.layers.1.q_proj\"]", Four, Eight);
        Assert.Equal((8, 3.0, 0.0), (inferred.Rank, inferred.Scale, inferred.Dropout));
        Assert.Equal(["model.layers.1.q_proj"], inferred.Keys);
        Assert.Equal(["model.layers.0.q_proj"], inferred.Unlisted);
    }

    [Fact]
    public void A_listed_module_that_contradicts_itself_borrows_from_no_other()
    {
        InferredAdapter inferred = Infer("[\"model.layers.2.q_proj\"]", Bad, Four);
        Assert.Equal((null, null, null), (inferred.Rank, inferred.Scale, inferred.Dropout));
        Assert.Empty(inferred.Keys);
        Assert.Equal(["model.layers.2.q_proj"], inferred.Contradictory);
    }

    [Fact]
    public void A_contradictory_module_is_skipped_and_named()
    {
        InferredAdapter inferred = Infer(null, Bad, Four);
        Assert.Equal((4, 2.0), (inferred.Rank, inferred.Scale));
        Assert.Equal(["model.layers.2.q_proj"], inferred.Contradictory);
    }

    [Fact]
    public void A_module_without_tensors_is_no_module_of_the_adapter()
    {
        InferredAdapter inferred = Infer(null, Four with { Path = "a", A = null, B = null }, Four);
        Assert.Equal(4, inferred.Rank);
        Assert.Empty(inferred.Contradictory);
        Assert.Equal(["model.layers.0.q_proj"], inferred.Keys);
    }

    [Fact]
    public void Half_a_pair_is_contradictory() => Assert.Equal(["model.layers.0.q_proj"], Infer(null, Four with { B = null }).Contradictory);

    [Fact]
    public void Modules_that_differ_give_no_common_value()
    {
        InferredAdapter inferred = Infer(null, Four, Eight);
        Assert.Equal((null, null, null), (inferred.Rank, inferred.Scale, inferred.Dropout));
        Assert.Equal(2, inferred.Keys.Length);
    }

    [Fact]
    public void A_listed_module_that_no_layer_has_is_named()
    {
        InferredAdapter inferred = Infer("[\"model.layers.7.q_proj\"]", Four);
        Assert.Equal(["model.layers.7.q_proj"], inferred.Missing);
        Assert.Null(inferred.Rank);
    }

    [Fact]
    public void Experts_with_one_scale_each_have_a_scale_only_if_it_is_the_same()
    {
        ModuleEvidence experts = new() { Path = "experts", A = new TensorShape(8, 4, 512), B = new TensorShape(8, 512, 4), Scale = [2, 2] };
        Assert.Equal((4, 2.0), (Infer(null, experts).Rank, Infer(null, experts).Scale));
        Assert.Null(Infer(null, experts with { Scale = [2, 3] }).Scale);
    }

    [Fact]
    public void Factors_that_are_layers_turn_around()
    {
        ModuleEvidence layers = new() { Path = "q", A = new TensorShape(4, 512), B = new TensorShape(256, 4), IsLayerBacked = true };
        Assert.Equal(4, Infer(null, layers).Rank);
    }

    [Fact]
    public void Magnitudes_of_counted_modules_make_it_DoRA()
    {
        Assert.Equal(FineTuneKind.Dora, Infer(null, Four with { HasMagnitude = true }).Kind);
        Assert.Equal(FineTuneKind.Mixed, Infer(null, Four with { HasMagnitude = true }, Eight).Kind);
        Assert.Equal(FineTuneKind.Lora, Infer("[\"model.layers.1.q_proj\"]", Four with { HasMagnitude = true }, Eight).Kind);
    }

    [Fact]
    public void No_module_tells_nothing() => Assert.Equal((null, null, null), (Infer(null).Rank, Infer(null).Scale, Infer(null).Dropout));

    private static ModuleEvidence Module(string path, long rank, double scale = 1, double keep = 1) => new()
    {
        Path = path,
        A = new TensorShape(512, rank),
        B = new TensorShape(rank, 512),
        Scale = [scale],
        KeepProbability = keep,
    };

    private static InferredAdapter Infer(string? topology, params ModuleEvidence[] modules) =>
        AdapterInference.Infer(modules, MlxTopology.Read(topology is null ? null : Fixtures.Parse($"{{\"x\":{topology}}}")["x"]));
}
