using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Stages.Fit.Targets;

/// <summary>mlx-swift-lm and mlx-vlm hold some models under other paths than mlx-lm, and mlx-swift-lm adapts less of some.</summary>
public class TargetPathsTests
{
    private const string Swift = "mlx-swift";

    public static TheoryData<string, string, string, string> Roots { get; } = new()
    {
        // Model, target, where mlx-lm holds the layers, where the target does.
        { "gemma3", "mlx-swift", "language_model.model.layers", "model.layers" },
        { "gemma3", "mlx-vlm", "language_model.model.layers", "language_model.model.layers" },
        { "gemma3n", "mlx-swift", "model.language_model.layers", "language_model.layers" },
        { "gemma3n", "mlx-vlm", "model.language_model.layers", "language_model.model.layers" },
        { "mistral3", "mlx-swift", "language_model.model.layers", "model.layers" },
        { "mistral3", "mlx-lm", "language_model.model.layers", "language_model.model.layers" },
        { "llama", "mlx-swift", "model.layers", "model.layers" },
        { "llama", "mlx-vlm", "model.layers", "model.layers" },
        { "gemma3n", "unsloth", "model.language_model.layers", "model.language_model.layers" },
    };

    [Theory]
    [MemberData(nameof(Roots))]
    public void Layers_get_the_path_of_the_target(string model, string target, string from, string to)
    {
        Converted converted = Run.MustConvert(Adapter(from, "self_attn.q_proj"), TargetProfile.Find(target)!, Config(model));
        Assert.All(converted.Tensors.Keys, name => Assert.StartsWith(to + ".", name));
        Assert.Equal(from != to, converted.Has("TF5021"));
        string key = converted.Config.GetProperty("lora_parameters").GetStrings("keys")![0];
        Assert.Equal(target is "mlx-swift" or "mlx-lm" ? "self_attn.q_proj" : $"{to}.0.self_attn.q_proj", key);
    }

    [Theory]
    [MemberData(nameof(Roots))]
    public void And_back_from_the_target_to_mlx_lm(string model, string target, string from, string to)
    {
        Assert.NotEqual(string.Empty, target);
        Converted converted = Run.MustConvert(Adapter(to, "self_attn.q_proj"), TargetProfile.MlxLm, Config(model));
        Assert.All(converted.Tensors.Keys, name => Assert.StartsWith(from + ".", name));
    }

    [Theory]
    [InlineData("gemma3")]
    [InlineData("mistral3")]
    public void From_PEFT_too(string model)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair("model.language_model.layers.0.self_attn.q_proj", 8, 8);
        adapter.Pair("model.language_model.layers.1.self_attn.q_proj", 8, 8);
        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxSwift, Config(model));
        Assert.All(converted.Tensors.Keys, name => Assert.StartsWith("model.layers.", name));
        Assert.True(converted.Has("TF5020"), converted.ToString());
    }

    [Fact]
    public void Readers_that_hold_the_model_elsewhere_have_no_folder_in_common()
    {
        TargetProfile both = TargetProfile.MlxLm.Intersect(TargetProfile.MlxSwift);
        Converted refused = Run.MustRefuse(Adapter("language_model.model.layers", "self_attn.q_proj"), both, ["TF5011"], Config("gemma3"));
        Assert.Contains("model.layers in mlx-swift", refused.ToString());
        Run.MustConvert(Adapter("model.layers", "self_attn.q_proj"), both, Config("llama"));
    }

    [Fact]
    public void Relative_keys_and_full_paths_have_none_either() => Run.MustRefuse(
        Adapter("model.layers", "self_attn.q_proj"), TargetProfile.MlxSwift.Intersect(TargetProfile.MlxVlm), ["TF5011"], Config("llama"));

    [Theory]
    [InlineData("language_model.model.layers", Swift)]
    [InlineData("language_model.layers", "mlx-vlm")]
    public void Without_a_base_a_path_that_differs_by_model_is_a_question(string root, string target)
    {
        Converted converted = Run.InMemory(Adapter(root, "self_attn.q_proj").Open(), TargetProfile.Find(target)!);
        Assert.Contains(root == "language_model.layers" ? "TF4021" : "TF4002", converted.Result.Findings.Select(finding => finding.Code.Id));
    }

    [Fact]
    public void Without_a_base_plain_names_are_kept_with_a_warning()
    {
        Converted converted = Run.MustConvert(Adapter("model.layers", "self_attn.q_proj"), TargetProfile.MlxSwift);
        Assert.True(converted.Has("TF4021"));
        Assert.All(converted.Tensors.Keys, name => Assert.StartsWith("model.layers.", name));
    }

    [Fact]
    public void Identity_keeps_names_without_a_word()
    {
        Converted converted = Run.MustConvert(
            Adapter("tower.layers", "q"), TargetProfile.MlxSwift, options: ConversionOptions.Default with { ModelType = "identity" });
        Assert.All(converted.Tensors.Keys, name => Assert.StartsWith("tower.layers.", name));
        Assert.False(converted.Has("TF4021"));
    }

    [Fact]
    public void Gemma_4_has_keys_of_both_classes_and_an_mlp_in_newer_releases()
    {
        Converted converted = Run.MustConvert(Adapter("language_model.model.layers", "self_attn.q_proj"), TargetProfile.MlxSwift, Config("gemma4"));
        Assert.Equal(["q_proj", "self_attn.q_proj"], converted.Config.GetProperty("lora_parameters").GetStrings("keys")!);
        Assert.False(converted.Has("TF5065"));
        Converted newer = Run.MustConvert(Adapter("language_model.model.layers", "self_attn.q_proj", "mlp.up_proj"), TargetProfile.MlxSwift, Config("gemma4"));
        Assert.True(newer.Has("TF5065"));
        Assert.Equal(["mlp.up_proj", "q_proj", "self_attn.q_proj"], newer.Config.GetProperty("lora_parameters").GetStrings("keys")!);
    }

    [Fact]
    public void Modules_that_Swift_does_not_reach_or_scales_otherwise_are_refused_by_name()
    {
        Run.MustRefuse(Adapter("model.layers", "mamba.in_proj"), TargetProfile.MlxSwift, ["TF5018"], Config("jamba"));
        Run.MustRefuse(Adapter("model.layers", "self_attn.v_proj"), TargetProfile.MlxSwift, ["TF5019"], Config("falcon_h1"));
        Run.MustConvert(Adapter("model.layers", "self_attn.q_proj"), TargetProfile.MlxSwift, Config("falcon_h1"));
        Run.MustRefuse(Adapter("model.h", "attn.c_attn"), TargetProfile.MlxSwift, ["TF5017"], Config("gpt2"));
    }

    [Fact]
    public void What_only_Swift_adapts_goes_to_Swift()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        DenseArray delta = adapter.Pair("model.layers.0.self_attn.kv_b_proj", 8, 8);
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF4011"], Config("deepseek_v3"));
        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxSwift, Config("deepseek_v3"));
        DeltaComparison.AssertClose(converted.MlxDeltas()["model.layers.0.self_attn.kv_b_proj"].Delta, Dense.Scale(delta, 2), 0, "kv_b_proj");
    }

    [Fact]
    public void Weights_of_the_base_stay_where_the_reader_loads_them_and_are_refused_elsewhere()
    {
        SmallAdapter adapter = Adapter("model.layers", "self_attn.q_proj");
        adapter.Random("model.norm.weight", 8);
        foreach (TargetProfile target in new[] { TargetProfile.Unsloth, TargetProfile.MlxVlm, TargetProfile.MlxSwift })
        {
            Assert.Contains("model.norm.weight", Run.MustConvert(adapter, target, Config("llama")).Tensors.Keys);
        }

        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF2301"], Config("llama"));
        Converted dropped = Run.MustConvert(adapter, TargetProfile.MlxLm, Config("llama"), ConversionOptions.Default with { Allowed = ["TF2301"] });
        Assert.DoesNotContain("model.norm.weight", dropped.Tensors.Keys);
    }

    [Fact]
    public void Fields_that_are_Unsloths_alone_stay_behind()
    {
        SmallAdapter adapter = Adapter("model.layers", "self_attn.q_proj").Set("peft_type", "\"LORA\"").Set("learning_rate", "0.1")
            .Set("unsloth_mlx_lora_module_paths", "[\"model.layers.0.self_attn.q_proj\",\"model.layers.1.self_attn.q_proj\"]");
        Converted swift = Run.MustConvert(adapter, TargetProfile.MlxSwift, Config("llama"));
        Assert.False(swift.Config.Has("unsloth_mlx_lora_module_paths") || swift.Config.Has("peft_type"));
        Assert.Equal(0.1, swift.Config.GetNumber("learning_rate", 0));
        Assert.True(Run.MustConvert(adapter, TargetProfile.Unsloth, Config("llama")).Config.Has("unsloth_mlx_lora_module_paths"));
    }

    [Fact]
    public void A_number_that_is_not_finite_in_a_carried_field_becomes_null()
    {
        Dictionary<string, ReadOnlyMemory<byte>> files = Adapter("model.layers", "self_attn.q_proj").Set("loss", "1").Files();
        files["adapter_config.json"] = System.Text.Encoding.UTF8.GetBytes(
            System.Text.Encoding.UTF8.GetString(files["adapter_config.json"].Span).Replace("\"loss\":1", "\"loss\":[NaN,1]"));
        Converted converted = Run.MustConvert(Conversion.Sources.AdapterSource.FromMemory("adapter", files), TargetProfile.MlxLm, Config("llama"));
        Assert.True(converted.Has("TF3009"));
        Assert.Equal("[\n        null,\n        1\n    ]", converted.Config.GetProperty("loss").GetRawText());
    }

    private static SmallAdapter Adapter(string root, params string[] modules)
    {
        SmallAdapter adapter = SmallAdapter.Mlx();
        foreach (string module in modules)
        {
            adapter.MlxPair($"{root}.0.{module}", 8, 8);
            adapter.MlxPair($"{root}.1.{module}", 8, 8);
        }

        return adapter;
    }

    private static string Config(string model) => $$"""{"model_type": "{{model}}", "num_hidden_layers": 2, "n_layer": 2, "hidden_size": 8, "tie_word_embeddings": false}""";
}
