using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Models.Steps;

namespace Transfuse.Conversion.Tests.Models.Architectures.Mapping;

/// <summary>Names survive the way there and back, in both generations of transformers; every spelling leads to the same place.</summary>
public class MappingRoundTripTests
{
    public static TheoryData<string, string> Cases
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (Architecture architecture in ArchitectureTable.Default.All)
            {
                data.Add(architecture.ModelType, nameof(HfLayout.Transformers4));
                data.Add(architecture.ModelType, nameof(HfLayout.Transformers5));
                data.Add(architecture.ModelType, nameof(HfLayout.Checkpoint));
            }

            return data;
        }
    }

    [Fact]
    public void There_are_three_layouts_for_each_entry() => Assert.Equal(369, Cases.Count);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Mlx_names_come_back(string modelType, string layout)
    {
        ArchitectureMap map = Map(modelType);
        int count = 0;
        foreach (string path in SyntheticBase.MlxModules(map.Architecture))
        {
            HfMapping forth = map.MapToHuggingFace(path, Enum.Parse<HfLayout>(layout));
            if (forth.Finding is not null)
            {
                Assert.Equal("granitemoehybrid", modelType);
                continue;
            }

            MlxMapping back = map.MapToMlx(forth.PathOf(1));
            Assert.Null(back.Finding);
            MlxTarget target = Assert.Single(back.Targets, target => target.Path == path);
            Assert.Equal(forth.Rows, target.Rows);
            Assert.Equal(forth.Kind, target.Kind);
            Assert.Equal(forth.Transposed, target.Transposed);
            Assert.Equal(forth.Partners, back.Targets.Select(item => item.Path));
            Assert.Equal(forth.Form == HfForm.PerExpert ? 1 : null, target.Expert);
            count++;
        }

        Assert.InRange(count, 1, 40);
    }

    [Theory]
    [InlineData("llama", "model.layers.1.mlp.up_proj", "layers.1.mlp.up_proj", "model.model.layers.1.mlp.up_proj")]
    [InlineData("gpt2", "transformer.h.1.attn.c_attn", "h.1.attn.c_attn", "model.h.1.attn.c_attn")]
    [InlineData("gpt_neox", "gpt_neox.layers.1.attention.dense", "layers.1.attention.dense", "model.gpt_neox.layers.1.attention.dense")]
    [InlineData("gemma3", "model.language_model.layers.1.mlp.up_proj", "language_model.model.layers.1.mlp.up_proj", "model.layers.1.mlp.up_proj")]
    [InlineData("qwen2_5_vl", "model.language_model.layers.1.mlp.up_proj", "language_model.layers.1.mlp.up_proj", "model.layers.1.mlp.up_proj")]
    [InlineData("nemotron_h", "model.layers.1.mixer.q_proj", "backbone.layers.1.mixer.q_proj", "layers.1.mixer.q_proj")]
    [InlineData("llama4", "language_model.model.layers.1.feed_forward.router", "model.layers.1.feed_forward.router", "model.language_model.model.layers.1.feed_forward.router")]
    [InlineData("gpt_neox", "embed_out", "lm_head", "model.embed_out")]
    [InlineData("gemma3", "model.language_model.embed_tokens", "language_model.model.embed_tokens", "embed_tokens")]
    [InlineData("llama", "model.embed_tokens", "embed_tokens", "model.embed_tokens.weight")]
    [InlineData("qwen3_moe", "model.layers.1.mlp.gate", "model.layers.1.mlp.gate.weight", "layers.1.mlp.gate")]
    public void All_spellings_lead_to_the_same_module(string modelType, string first, string second, string third)
    {
        ArchitectureMap map = Map(modelType);
        MlxTarget target = Assert.Single(map.MapToMlx(first).Targets);
        Assert.Equal(target.Path, Assert.Single(map.MapToMlx(second).Targets).Path);
        Assert.Equal(target.Path, Assert.Single(map.MapToMlx(third).Targets).Path);
    }

    [Theory]
    [InlineData("mixtral", nameof(HfLayout.Transformers5), "model.layers.1.block_sparse_moe.gate", "model.layers.1.mlp.gate", nameof(HfForm.Parameter))]
    [InlineData("mixtral", nameof(HfLayout.Transformers4), "model.layers.1.block_sparse_moe.gate", "model.layers.1.block_sparse_moe.gate", nameof(HfForm.Module))]
    [InlineData("mixtral", nameof(HfLayout.Transformers5), "model.layers.1.block_sparse_moe.switch_mlp.up_proj", "model.layers.1.mlp.experts.gate_up_proj", nameof(HfForm.Packed))]
    [InlineData("mixtral", nameof(HfLayout.Transformers4), "model.layers.1.block_sparse_moe.switch_mlp.up_proj", "model.layers.1.block_sparse_moe.experts.{e}.w3", nameof(HfForm.PerExpert))]
    [InlineData("phimoe", nameof(HfLayout.Transformers5), "model.layers.1.block_sparse_moe.gate", "model.layers.1.mlp.router", nameof(HfForm.Module))]
    [InlineData("granitemoe", nameof(HfLayout.Transformers4), "model.layers.1.block_sparse_moe.switch_mlp.gate_proj", "model.layers.1.block_sparse_moe.input_linear.weight", nameof(HfForm.Packed))]
    [InlineData("granitemoe", nameof(HfLayout.Transformers5), "model.layers.1.block_sparse_moe.switch_mlp.gate_proj", "model.layers.1.block_sparse_moe.experts.gate_up_proj", nameof(HfForm.Packed))]
    [InlineData("granitemoe", nameof(HfLayout.Transformers5), "model.layers.1.block_sparse_moe.router.layer", "model.layers.1.block_sparse_moe.router", nameof(HfForm.Parameter))]
    [InlineData("gpt_oss", nameof(HfLayout.Transformers5), "model.layers.1.mlp.experts.up_proj", "model.layers.1.mlp.experts.gate_up_proj", nameof(HfForm.Packed))]
    [InlineData("nemotron_h", nameof(HfLayout.Transformers5), "backbone.layers.1.mixer.switch_mlp.fc1", "model.layers.1.mixer.experts.up_proj", nameof(HfForm.Packed))]
    [InlineData("nemotron_h", nameof(HfLayout.Transformers4), "backbone.layers.1.mixer.q_proj", "backbone.layers.1.mixer.q_proj", nameof(HfForm.Module))]
    [InlineData("kimi_k2", nameof(HfLayout.Transformers5), "model.layers.1.mlp.switch_mlp.up_proj", "model.layers.1.mlp.experts.{e}.up_proj", nameof(HfForm.PerExpert))]
    [InlineData("dbrx", nameof(HfLayout.Transformers5), "transformer.blocks.1.ffn.experts.2.w2", "transformer.blocks.1.ffn.experts.mlp.w2", nameof(HfForm.ExpertRows))]
    [InlineData("gemma3", nameof(HfLayout.Checkpoint), "language_model.model.layers.1.mlp.up_proj", "language_model.model.layers.1.mlp.up_proj", nameof(HfForm.Module))]
    [InlineData("gemma3", nameof(HfLayout.Transformers5), "language_model.lm_head", "lm_head", nameof(HfForm.Module))]
    [InlineData("gpt_neox", nameof(HfLayout.Transformers4), "model.embed_out", "embed_out", nameof(HfForm.Module))]
    [InlineData("deepseek_v3", nameof(HfLayout.Transformers5), "model.layers.1.self_attn.kv_b_proj", "model.layers.1.self_attn.kv_b_proj", nameof(HfForm.Module))]
    public void Hugging_face_names_are_those_of_the_layout(string modelType, string layout, string mlx, string expected, string form)
    {
        HfMapping mapping = Map(modelType).MapToHuggingFace(mlx, Enum.Parse<HfLayout>(layout));
        Assert.Null(mapping.Finding);
        Assert.Equal((expected, form), (mapping.Path, mapping.Form.ToString()));
    }

    [Fact]
    public void Interleaved_and_consecutive_halves_are_told_apart()
    {
        HfMapping oss = Map("gpt_oss").MapToHuggingFace("model.layers.0.mlp.experts.up_proj", HfLayout.Transformers5);
        Assert.Equal(RowSelection.Odd, oss.Rows);
        Assert.Equal(["model.layers.0.mlp.experts.gate_proj", "model.layers.0.mlp.experts.up_proj"], oss.Partners);
        Assert.Equal(new PackedParameter(PackedLayout.InOut, 3, 8, null, true), oss.Packed! with { Out = null });

        HfMapping llama4 = Map("llama4").MapToHuggingFace("language_model.model.layers.0.feed_forward.experts.up_proj", HfLayout.Transformers5);
        Assert.Equal(RowSelection.Part(1, 2), llama4.Rows);
        Assert.Equal(PackedLayout.InOut, llama4.Packed!.Layout);
    }

    [Fact]
    public void Packed_parameters_name_their_module_and_their_order()
    {
        ArchitectureMap map = Map("gpt_oss");
        HfMapping down = map.MapToHuggingFace("model.layers.0.mlp.experts.down_proj", HfLayout.Transformers5);
        Assert.Equal("model.layers.0.mlp.experts.down_proj", down.ParameterPath);
        Assert.Equal(["model.layers.0.mlp.experts.gate_up_proj", down.Path], map.RegisteredParametersOf("model.layers.0.mlp.experts"));
        HfMapping router = map.MapToHuggingFace("model.layers.0.mlp.router", HfLayout.Transformers5);
        Assert.Equal("model.layers.0.mlp.router.weight", router.ParameterPath);
    }

    [Fact]
    public void Roles_are_told_where_tying_matters()
    {
        ArchitectureMap map = Map("llama");
        Assert.Equal(ModuleRole.InputEmbedding, map.MapToHuggingFace("model.embed_tokens", HfLayout.Transformers5).Role);
        Assert.Equal(ModuleRole.Head, map.MapToHuggingFace("lm_head", HfLayout.Transformers5).Role);
        Assert.Equal(ModuleRole.None, map.MapToHuggingFace("model.layers.0.mlp.up_proj", HfLayout.Transformers5).Role);
    }

    [Fact]
    public void Zero_experts_are_counted_in_the_parameter_that_has_them()
    {
        BaseConfig config = new(JsonTree.Parse("""{"n_routed_experts": 4, "zero_expert_num": 2}"""));
        ArchitectureMap map = new(ArchitectureTable.Default.Find("longcat_flash")!, config);
        Assert.Equal(6, map.MapToMlx("model.layers.0.mlp.experts.gate_up_proj").Packed!.Experts);
        Assert.Equal(4, map.MapToMlx("model.layers.0.mlp.experts.down_proj").Packed!.Experts);
    }

    [Fact]
    public void A_layout_that_changed_between_versions_is_left_open_when_reading()
    {
        ArchitectureMap map = Map("qwen3_vl_moe");
        Assert.Null(map.MapToMlx("model.language_model.layers.0.mlp.experts.gate_up_proj").Packed!.Layout);
        const string Path = "language_model.model.layers.0.mlp.switch_mlp.up_proj";
        Assert.Equal(PackedLayout.InOut, map.MapToHuggingFace(Path, HfLayout.Transformers4).Packed!.Layout);
        Assert.Equal(PackedLayout.OutIn, map.MapToHuggingFace(Path, HfLayout.Transformers5).Packed!.Layout);
    }

    [Theory]
    [InlineData("gemma3", "model.layers.0.mlp.up_proj", "model.layers.0.mlp.up_proj")]
    [InlineData("gemma3", "model.layers.0.mlp.up_proj", "language_model.model.layers.0.mlp.up_proj")]
    [InlineData("gemma3n", "model.layers.0.mlp.up_proj", "language_model.layers.0.mlp.up_proj")]
    [InlineData("gemma3n", "model.layers.0.mlp.up_proj", "language_model.model.layers.0.mlp.up_proj")]
    [InlineData("llama", "model.layers.0.mlp.up_proj", "model.layers.0.mlp.up_proj")]
    public void Names_of_other_programs_are_understood(string modelType, string path, string written)
    {
        ArchitectureMap map = Map(modelType);
        Assert.Equal([Assert.Single(map.MapToMlx(path).Targets).Path], map.MapToHuggingFace(written, HfLayout.Transformers5).Partners);
    }

    private static ArchitectureMap Map(string modelType) =>
        new(ArchitectureTable.Default.Find(modelType)! with { RefusedModels = [] }, SyntheticBase.Config(), allowLowConfidence: true);
}
