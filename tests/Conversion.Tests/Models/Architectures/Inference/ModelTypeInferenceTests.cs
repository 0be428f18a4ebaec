using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Inference;

namespace Transfuse.Conversion.Tests.Models.Architectures.Inference;

/// <summary>Model types by names alone: unambiguous only where all that fit agree.</summary>
public class ModelTypeInferenceTests
{
    [Fact]
    public void Modules_of_a_dense_model_fit_many_types_in_two_ways()
    {
        ModelTypeCandidate[] candidates = [.. ModelTypeInference.FromHuggingFace(["model.layers.0.self_attn.q_proj", "model.layers.0.mlp.gate_proj"])];
        ModelTypeCandidate equal = candidates.Single(candidate => candidate.ModelTypes.Contains("llama"));
        Assert.Contains("qwen2", equal.ModelTypes);
        Assert.Contains("gemma3_text", equal.ModelTypes);
        Assert.False(equal.NeedsBaseConfig);
        Assert.Contains("gemma3", candidates.Single(candidate => candidate.ModelTypes.Contains("mistral3")).ModelTypes);
        Assert.DoesNotContain(candidates, candidate => candidate.ModelTypes.Contains("gpt2"));
        Assert.Equal(candidates.Length, candidates.Select(candidate => candidate.ModelTypes[0]).Distinct().Count());
    }

    [Fact]
    public void A_single_way_is_unambiguous()
    {
        ModelTypeCandidate candidate = Assert.Single(
            ModelTypeInference.FromHuggingFace(["transformer.h.0.attn.c_attn", "transformer.h.0.mlp.c_fc", "transformer.h.0.mlp.c_proj"]),
            candidate => candidate.ModelTypes.Contains("gpt2"));
        Assert.Equal(["gpt2"], candidate.ModelTypes);
        Assert.Equal(
            ["phi3"], Assert.Single(ModelTypeInference.FromHuggingFace(["model.layers.0.self_attn.qkv_proj", "model.layers.0.mlp.gate_up_proj"])).ModelTypes);
    }

    [Fact]
    public void Per_expert_names_of_mixtral_are_its_own_and_of_those_that_map_alike()
    {
        ModelTypeCandidate[] candidates = [.. ModelTypeInference.FromHuggingFace(["model.layers.0.block_sparse_moe.experts.3.w1"])];
        Assert.Equal(["mixtral", "phimoe", "minimax", "minimax_m2"], candidates[0].ModelTypes);
        Assert.Equal(["kimi_linear"], candidates[1].ModelTypes);
        Assert.Equal(2, candidates.Length);
    }

    [Fact]
    public void Packed_experts_fit_by_their_module_path() =>
        Assert.Contains(
            ModelTypeInference.FromHuggingFace(["model.layers.0.mlp.experts"]),
            candidate => candidate.ModelTypes.Contains("qwen3_moe") && candidate.ModelTypes.Contains("olmoe"));

    [Fact]
    public void Types_that_need_a_configuration_are_candidates_of_their_own() =>
        Assert.Contains(
            ModelTypeInference.FromHuggingFace(["model.layers.0.shared_mlp.input_linear"]),
            candidate => candidate.NeedsBaseConfig && candidate.ModelTypes.Contains("granitemoehybrid"));

    [Fact]
    public void Mlx_names_are_judged_by_their_counterparts()
    {
        ModelTypeCandidate candidate = Assert.Single(
            ModelTypeInference.FromMlx(["model.layers.0.block_sparse_moe.switch_mlp.up_proj"], HfLayout.Transformers4),
            candidate => candidate.ModelTypes.Contains("mixtral"));
        Assert.Equal(["mixtral", "phimoe", "minimax", "minimax_m2"], candidate.ModelTypes);
    }

    [Theory]
    [InlineData("unet.down_blocks.0.attentions.0.to_q")]
    [InlineData("")]
    public void Strange_names_fit_nothing(string path) => Assert.Empty(ModelTypeInference.FromHuggingFace([path]));

    [Fact]
    public void No_names_fit_nothing() => Assert.Empty(ModelTypeInference.FromHuggingFace([]));
}
