using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Tests.Models.Architectures;

/// <summary>A made-up base model with the fields that any entry of the table asks for; factors are powers of two, so that arithmetic is exact.</summary>
internal static class SyntheticBase
{
    public const int Experts = 3;
    public const int Layers = 4;

    /// <summary>The configuration; experts can be switched off for models that exist in a dense form.</summary>
    public static BaseConfig Config(bool dense = false) => new(JsonTree.Parse(Json(dense)));

    /// <summary>The configuration as text.</summary>
    public static string Json(bool dense = false)
    {
        int experts = dense ? 0 : Experts;
        return $$"""
            {
              "num_hidden_layers": {{Layers}}, "n_layer": {{Layers}}, "n_layers": {{Layers}}, "num_layers": {{Layers}}, "num_transformer_layers": {{Layers}},
              "num_experts": {{experts}}, "num_local_experts": {{experts}}, "n_routed_experts": {{experts}}, "moe_num_experts": {{experts}},
              "ffn_config": {"moe_num_experts": {{experts}}, "ffn_hidden_size": 6}, "zero_expert_num": 0,
              "hidden_size": 8, "n_embd": 8, "d_model": 8, "model_dim": 8, "hidden_dim": 8,
              "num_attention_heads": 4, "num_key_value_heads": 2, "qk_nope_head_dim": 2, "v_head_dim": 3,
              "num_kv_shared_layers": 1, "attention_k_eq_v": false, "layer_types": ["a", "a", "a", "full_attention"],
              "attention_in_multiplier": 2, "attention_out_multiplier": 0.5, "ssm_out_multiplier": 4, "ssm_in_multiplier": 0.25,
              "ssm_multipliers": [2, 4, 8, 16, 32], "mlp_multipliers": [0.125, 2], "embedding_multiplier": 64, "lm_head_multiplier": 0.0625,
              "mamba_d_ssm": 3, "mamba_n_groups": 1, "mamba_d_state": 2, "mamba_n_heads": 2,
              "tie_word_embeddings": false, "share_input_output_layers": false, "weight_tying": false
            }
            """;
    }

    /// <summary>All modules that MLX can adapt in layer 1, and those outside the layers.</summary>
    public static IReadOnlyList<string> MlxModules(Architecture architecture)
    {
        List<string> paths = [];
        foreach (PathPattern pattern in architecture.Keys.Select(key => key.Path))
        {
            paths.AddRange(Expand(pattern).Select(path => $"{architecture.Layers.Mlx}.1.{path}"));
        }

        foreach (GlobalModule global in architecture.Globals)
        {
            if (global.Mlx is PathPattern pattern && global.Refused is null
                && (global.Role != ModuleRole.Head || architecture.Tying.IsTiedInMlx(Config()) != true))
            {
                paths.AddRange(Expand(pattern));
            }
        }

        return paths;
    }

    private static IEnumerable<string> Expand(PathPattern pattern) =>
        Enumerable.Range(0, Experts).Select(index => pattern.Format(new PathIndices(index, index % 2))).Distinct();
}
