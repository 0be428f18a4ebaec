using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>Roots of module paths: vision-language classes before and after transformers 4.52, text-only classes, bare models; and back.</summary>
public class PrefixTests
{
    private const string Language = "language_model.model.layers.1.";
    private const string Live = "model.language_model.layers.1.";

    /// <summary>Model type, layers in MLX, layers in transformers 4 and 5, and every other spelling that adapters have.</summary>
    public static TheoryData<string, string, string, string, string[]> Roots { get; } = new()
    {
        { "llama", "model.layers.1.", "model.layers.1.", "model.layers.1.", ["layers.1.", "model.model.layers.1."] },
        { "gemma3", Language, Live, Live, [Language, "model.layers.1.", "layers.1.", "language_model.layers.1."] },
        { "gemma3_text", "model.layers.1.", "model.layers.1.", "model.layers.1.", ["layers.1."] },
        { "gemma3n", Live, Live, Live, ["model.layers.1.", "language_model.layers.1.", "layers.1."] },
        { "gemma4", Language, Live, Live, [Language, "model.layers.1.", "language_model.layers.1."] },
        { "mistral3", Language, Live, Live, [Language, "model.layers.1.", "language_model.layers.1."] },
        { "llava", Language, Live, Live, [Language] },
        { "pixtral", Language, Live, Live, [Language, "language_model.layers.1."] },
        { "qwen2_vl", Language, Live, Live, ["model.layers.1.", Language, "layers.1.", "language_model.layers.1."] },
        { "qwen2_5_vl", Language, Live, Live, ["model.layers.1.", Language] },
        { "qwen3_vl", Language, Live, Live, [Language, "language_model.layers.1."] },
        { "qwen3_vl_moe", Language, Live, Live, [Language, "language_model.layers.1."] },
        { "qwen3_5", Language, Live, Live, ["model.layers.1.", "layers.1."] },
        { "qwen3_5_moe", Language, Live, Live, ["model.layers.1.", "layers.1."] },
        { "llama4", Language, Language, Language, ["model.layers.1.", "layers.1.", Live] },
        { "lfm2-vl", Language, Live, Live, [Language] },
        { "kimi_k25", Language, Language, Live, ["language_model.layers.1."] },
        { "nemotron_h", "backbone.layers.1.mixer.", "backbone.layers.1.mixer.", "model.layers.1.mixer.", ["layers.1.mixer."] },
        { "gpt_neox", "model.h.1.attention.", "gpt_neox.layers.1.attention.", "gpt_neox.layers.1.attention.", ["layers.1.attention."] },
        { "gpt2", "model.h.1.attn.", "transformer.h.1.attn.", "transformer.h.1.attn.", ["h.1.attn."] },
    };

    [Fact]
    public void Twenty_model_types_are_covered() => Assert.Equal(20, Roots.Count);

    [Theory]
    [MemberData(nameof(Roots))]
    public void Every_spelling_of_the_root_leads_to_the_same_layers_of_mlx(
        string modelType, string mlx, string transformers4, string transformers5, string[] others)
    {
        foreach (string root in others.Append(transformers4).Append(transformers5).Distinct())
        {
            SmallAdapter adapter = SmallAdapter.Peft();
            DenseArray delta = adapter.Pair(Module(modelType, root), 6, 6);
            Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, Base(modelType));
            OracleDelta actual = Assert.Single(converted.MlxDeltas()).Value;
            Assert.Equal(Module(modelType, mlx), actual.Path);
            DeltaComparison.AssertClose(actual.Delta, Dense.Scale(delta, 2), 0, root);
        }
    }

    [Theory]
    [MemberData(nameof(Roots))]
    public void The_layers_of_mlx_have_the_names_of_the_generation_that_was_asked_for(
        string modelType, string mlx, string transformers4, string transformers5, string[] others)
    {
        Assert.NotEmpty(others);
        foreach ((int generation, string root) in new[] { (4, transformers4), (5, transformers5) })
        {
            SmallAdapter adapter = SmallAdapter.Mlx();
            adapter.MlxPair(Module(modelType, mlx), 6, 6);
            Converted converted = Run.MustConvert(adapter, TargetProfile.Peft, Base(modelType), new ConversionOptions { TransformersGeneration = generation });
            Assert.Equal([Module(modelType, root)], converted.Config.GetStrings("target_modules")!);
            converted.PeftPair(Module(modelType, root));
        }
    }

    // A head and an embedding move with the root, each by a rule of its own.
    [Theory]
    [InlineData("gemma3", "model.language_model.embed_tokens", "language_model.model.embed_tokens")]
    [InlineData("gemma3", "language_model.model.embed_tokens", "language_model.model.embed_tokens")]
    [InlineData("qwen2_vl", "model.embed_tokens", "language_model.model.embed_tokens")]
    [InlineData("qwen2_vl", "embed_tokens", "language_model.model.embed_tokens")]
    [InlineData("llama4", "language_model.model.embed_tokens", "language_model.model.embed_tokens")]
    [InlineData("gemma3n", "model.embed_tokens_per_layer", "model.language_model.embed_tokens_per_layer")]
    [InlineData("gpt2", "wpe", "model.wpe")]
    public void Embeddings_move_with_the_root(string modelType, string path, string mlx)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Random($"base_model.model.{path}.lora_embedding_A", 2, 10);
        adapter.Random($"base_model.model.{path}.lora_embedding_B", 6, 2);
        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, Base(modelType));
        Assert.Equal([10, 2], converted.Tensor(mlx + ".lora_a").Shape);
    }

    [Theory]
    [InlineData("qwen2_vl", "lm_head", "language_model.lm_head")]
    [InlineData("qwen2_vl", "language_model.lm_head", "language_model.lm_head")]
    [InlineData("mistral3", "lm_head", "language_model.lm_head")]
    [InlineData("llama4", "lm_head", "language_model.lm_head")]
    [InlineData("gpt_neox", "embed_out", "model.embed_out")]
    [InlineData("gpt_neox", "lm_head", "model.embed_out")]
    public void Heads_move_with_the_root(string modelType, string path, string mlx)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair(path, 6, 10);
        Assert.Equal([6, 2], Run.MustConvert(adapter, TargetProfile.MlxLm, Base(modelType)).Tensor(mlx + ".lora_a").Shape);
    }

    [Theory]
    [InlineData("gemma3", "model.vision_tower.vision_model.encoder.layers.0.self_attn.q_proj")]
    [InlineData("qwen2_vl", "visual.blocks.0.attn.qkv")]
    [InlineData("mistral3", "multi_modal_projector.linear_1")]
    public void Towers_and_projectors_are_refused_by_name(string modelType, string path)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair(path, 6, 6);
        adapter.Pair("model.layers.0.self_attn.q_proj", 6, 6);
        Assert.Contains(path, Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF4010"], Base(modelType)).ToString());
    }

    [Fact]
    public void Two_spellings_of_one_module_are_refused()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair("model.layers.0.self_attn.q_proj", 6, 6);
        adapter.Pair("model.language_model.layers.0.self_attn.q_proj", 6, 6);
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2004"], Base("gemma3"));
    }

    private static string Module(string modelType, string root) => root + modelType switch
    {
        "nemotron_h" => "q_proj",
        "gpt_neox" => "query_key_value",
        "gpt2" => "c_attn",
        _ => "self_attn.q_proj",
    };

    private static string Base(string modelType) => $$"""
        {"model_type": "{{modelType}}", "tie_word_embeddings": false,
         "text_config": {"num_hidden_layers": 4, "tie_word_embeddings": false, "num_kv_shared_layers": 0, "layer_types": ["a", "a", "a", "a"], "attention_k_eq_v": false},
         "num_hidden_layers": 4, "n_layer": 4, "num_kv_shared_layers": 0}
        """;
}
