using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;

namespace Transfuse.Conversion.Tests.Models.Architectures.Mapping;

/// <summary>PEFT nests one wrapper per adapted parameter, the first registered innermost; names never say which.</summary>
public class PackedKeysTests
{
    private const string Experts = "model.layers.2.mlp.experts";
    private static readonly string[] Both = ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"];

    [Fact]
    public void Two_wrappers_are_both_parameters()
    {
        Assert.Equal([Experts + ".gate_up_proj"], Find(Experts + ".base_layer", 2, null));
        Assert.Equal([Experts + ".down_proj"], Find(Experts, 2, null));
        Assert.Equal([Experts + ".gate_up_proj"], Find(Experts + ".base_layer", 2, Both));
    }

    [Fact]
    public void One_wrapper_is_the_targeted_one()
    {
        Assert.Equal([Experts + ".down_proj"], Find(Experts, 1, ["down_proj"]));
        Assert.Equal([Experts + ".gate_up_proj"], Find(Experts, 1, [Experts + ".gate_up_proj"]));
    }

    [Fact]
    public void One_wrapper_without_target_parameters_is_either() =>
        Assert.Equal([Experts + ".gate_up_proj", Experts + ".down_proj"], Find(Experts, 1, null));

    [Fact]
    public void More_targets_than_wrappers_leave_it_open() => Assert.Equal(2, Find(Experts, 1, Both).Length);

    [Fact]
    public void Fewer_targets_than_wrappers_fit_nothing() => Assert.Empty(Find(Experts, 2, ["down_proj"]));

    [Theory]
    [InlineData("model.layers.2.mlp.experts.base_layer.base_layer", 2)]
    [InlineData("model.layers.2.mlp.experts", 0)]
    [InlineData("model.layers.2.mlp.experts", 3)]
    [InlineData("model.layers.2.mlp.gate", 1)]
    [InlineData("model.layers.2.self_attn.q_proj", 1)]
    [InlineData("", 1)]
    public void Nothing_else_is_packed(string path, int wrappers) => Assert.Empty(Find(path, wrappers, null));

    [Fact]
    public void Three_parameters_nest_in_the_order_of_registration()
    {
        ArchitectureMap map = new(ArchitectureTable.Default.Find("dbrx")!, SyntheticBase.Config());
        const string Owner = "transformer.blocks.0.ffn.experts.mlp";
        Assert.Equal([Owner + ".w1"], map.PackedParametersOf(Owner + ".base_layer.base_layer", 3, null));
        Assert.Equal([Owner + ".v1"], map.PackedParametersOf(Owner + ".base_layer", 3, null));
        Assert.Equal([Owner + ".w2"], map.PackedParametersOf(Owner, 3, null));
        Assert.Equal(3, map.MapToMlx(Owner + ".w2").Targets.Length);
    }

    [Fact]
    public void A_suffix_is_a_whole_segment() => Assert.Empty(Find(Experts, 1, ["p_proj"]));

    [Fact]
    public void The_module_alone_is_refused_and_its_parameters_are_named()
    {
        MlxMapping mapping = new ArchitectureMap(ArchitectureTable.Default.Find("mixtral")!).MapToMlx(Experts);
        Assert.Equal("TF4017", mapping.Finding!.Code.Id);
        Assert.Contains("gate_up_proj and", mapping.Finding.Message, StringComparison.Ordinal);
    }

    private static string[] Find(string path, int wrappers, string[]? targets) =>
        [.. new ArchitectureMap(ArchitectureTable.Default.Find("mixtral")!).PackedParametersOf(path, wrappers, targets)];
}
