using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Stages.Fit.BaseChecks;

/// <summary>An adapter that is not this base's is refused with every offender in one report, by the base's config and by the headers of its weights.</summary>
public class BaseCheckTests
{
    private const string LlamaConfig = """
        {"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 8, "intermediate_size": 12, "vocab_size": 20, "num_attention_heads": 2, "tie_word_embeddings": false}
        """;

    private static IEnumerable<(string Code, string Subject)> Errors(Converted converted) =>
        converted.Result.Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => (finding.Code.Id, finding.Subject));

    [Fact]
    public void Names_every_module_that_the_config_contradicts()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair("model.layers.0.self_attn.q_proj", 8, 8);
        adapter.Pair("model.layers.0.self_attn.k_proj", 6, 8);
        adapter.Pair("model.layers.1.self_attn.o_proj", 8, 6);
        adapter.Pair("model.layers.1.mlp.gate_proj", 10, 12);
        adapter.Pair("model.layers.1.mlp.down_proj", 12, 10);
        adapter.Pair("model.layers.2.self_attn.q_proj", 8, 8);
        adapter.Pair("lm_head", 8, 21);
        adapter.Random("base_model.model.model.embed_tokens.lora_embedding_A", 2, 19);
        adapter.Random("base_model.model.model.embed_tokens.lora_embedding_B", 8, 2);

        Converted refused = Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF4013", "TF4015"], LlamaConfig);

        Assert.Equal(
            [
                ("TF4013", "model.layers.2.self_attn.q_proj"),
                ("TF4015", "lm_head"), ("TF4015", "model.embed_tokens"), ("TF4015", "model.layers.0.self_attn.k_proj"),
                ("TF4015", "model.layers.1.mlp.down_proj"), ("TF4015", "model.layers.1.mlp.gate_proj"), ("TF4015", "model.layers.1.self_attn.o_proj"),
            ],
            Errors(refused));
    }

    [Fact]
    public void Names_every_module_that_the_config_contradicts_also_from_mlx()
    {
        SmallAdapter adapter = SmallAdapter.Mlx();
        adapter.MlxPair("model.layers.0.self_attn.q_proj", 6, 8);
        adapter.MlxPair("model.layers.1.mlp.down_proj", 12, 8);
        adapter.MlxPair("model.layers.5.mlp.down_proj", 12, 8);
        adapter.MlxPair("model.embed_tokens", 19, 8);
        adapter.MlxPair("lm_head", 8, 20);

        Assert.Equal(
            [("TF4013", "model.layers.5.mlp.down_proj"), ("TF4015", "model.embed_tokens"), ("TF4015", "model.layers.0.self_attn.q_proj")],
            Errors(Run.MustRefuse(adapter, TargetProfile.Peft, ["TF4013", "TF4015"], LlamaConfig)));
    }

    [Fact]
    public void Names_them_also_where_the_adapter_stays_in_mlx()
    {
        SmallAdapter adapter = SmallAdapter.Mlx();
        adapter.MlxPair("model.layers.0.self_attn.q_proj", 6, 8);
        adapter.MlxPair("model.layers.5.mlp.down_proj", 12, 8);
        Assert.Equal(
            [("TF4013", "model.layers.5.mlp.down_proj"), ("TF4015", "model.layers.0.self_attn.q_proj")],
            Errors(Run.MustRefuse(adapter, TargetProfile.MlxSwift, ["TF4013", "TF4015"], LlamaConfig)));
    }

    [Fact]
    public void Experts_of_another_number_or_size_are_refused_both_ways()
    {
        const string Config = """{"model_type": "qwen3_moe", "num_hidden_layers": 2, "hidden_size": 8, "moe_intermediate_size": 4, "num_experts": 3}""";
        SmallAdapter mlx = SmallAdapter.Mlx();
        mlx.MlxExperts("model.layers.0.mlp.switch_mlp.gate_proj", 4, 8, 4);
        mlx.MlxExperts("model.layers.0.mlp.switch_mlp.up_proj", 3, 8, 4);
        mlx.MlxExperts("model.layers.1.mlp.switch_mlp.up_proj", 3, 8, 6);
        mlx.MlxExperts("model.layers.1.mlp.switch_mlp.down_proj", 3, 4, 9);
        Assert.Equal(
            [
                ("TF4014", "model.layers.0.mlp.switch_mlp.gate_proj"),
                ("TF4015", "model.layers.0.mlp.switch_mlp.up_proj"), ("TF4015", "model.layers.1.mlp.switch_mlp.down_proj"),
                ("TF4015", "model.layers.1.mlp.switch_mlp.up_proj"),
            ],
            Errors(Run.MustRefuse(mlx, TargetProfile.Peft, ["TF4014", "TF4015"], Config)));

        SmallAdapter peft = SmallAdapter.Peft();
        peft.Pair("model.layers.0.mlp.experts.0.down_proj", 4, 8);
        peft.Pair("model.layers.0.mlp.experts.3.down_proj", 4, 8);
        peft.Pair("model.layers.1.mlp.experts.0.down_proj", 5, 8);
        Assert.Equal(
            [("TF4014", "model.layers.0.mlp.experts.3.down_proj"), ("TF4015", "model.layers.1.mlp.switch_mlp.down_proj")],
            Errors(Run.MustRefuse(peft, TargetProfile.MlxLm, ["TF4014", "TF4015"], Config)));
    }

    [Fact]
    public void A_head_that_the_base_ties_is_none_of_its_modules()
    {
        SmallAdapter adapter = SmallAdapter.Mlx();
        adapter.MlxPair("lm_head", 8, 20);
        Run.MustRefuse(adapter, TargetProfile.Peft, ["TF4010"], LlamaConfig.Replace("false", "true", StringComparison.Ordinal));
    }

    // v_proj's outputs are nowhere in the config: only the headers tell them.
    [Theory]
    [InlineData("bases/llama")]
    [InlineData("bases-mlx/llama")]
    [InlineData("bases-mlx/llama-q4")]
    [InlineData("bases-mlx/llama-q8")]
    [InlineData("bases-mlx/llama-mxfp4")]
    public void Headers_of_plain_and_of_quantized_weights_tell_both_sides(string folder)
    {
        string baseFolder = Path.Combine(Fixtures.Root, folder);
        SmallAdapter good = SmallAdapter.Peft();
        good.Pair("model.layers.0.self_attn.v_proj", 64, 32);
        good.Pair("model.layers.1.mlp.down_proj", 96, 64);
        good.Pair("lm_head", 64, 112);
        Assert.Empty(Convert(good, baseFolder).Errors);

        SmallAdapter bad = SmallAdapter.Peft();
        bad.Pair("model.layers.0.self_attn.v_proj", 64, 64);
        bad.Pair("model.layers.1.mlp.down_proj", 95, 64);
        bad.Pair("lm_head", 64, 113);
        Assert.Equal(
            [("TF4015", "lm_head"), ("TF4015", "model.layers.0.self_attn.v_proj"), ("TF4015", "model.layers.1.mlp.down_proj")],
            Errors(Convert(bad, baseFolder)));
    }

    [Theory]
    [InlineData("bases/qwen3_moe")]
    [InlineData("bases-mlx/qwen3_moe")]
    [InlineData("bases-mlx/qwen3_moe-q4")]
    public void A_module_that_its_layer_does_not_have_is_refused(string folder)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair("model.layers.0.self_attn.q_proj", 64, 64);
        adapter.Pair("model.layers.0.mlp.gate_proj", 64, 96);
        Converted refused = Convert(adapter, Path.Combine(Fixtures.Root, folder));
        Assert.Equal([("TF4010", "model.layers.0.mlp.gate_proj")], Errors(refused));
    }

    [Fact]
    public void A_shard_that_is_missing_proves_nothing()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.json"], LlamaConfig);
        File.WriteAllText(folder["model.safetensors.index.json"], """{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}""");
        OracleTensor[] first = [OracleTensor.F32("model.layers.0.self_attn.q_proj.weight", DenseArray.Zeros(8, 8))];
        OracleSafetensors.Write(folder["model-00001-of-00002.safetensors"], first);
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair("model.layers.0.self_attn.v_proj", 8, 4);
        Assert.Empty(Convert(adapter, folder.Path).Errors);

        OracleSafetensors.Write(
            folder["model-00002-of-00002.safetensors"], [OracleTensor.F32("model.layers.1.self_attn.q_proj.weight", DenseArray.Zeros(8, 8))]);
        Assert.Equal(["TF4010"], Convert(adapter, folder.Path).Errors);
        SmallAdapter wide = SmallAdapter.Peft();
        wide.Pair("model.layers.1.self_attn.q_proj", 8, 7);
        Assert.Equal(["TF4015"], Convert(wide, folder.Path).Errors);
    }

    [Fact]
    public void Weights_that_were_packed_in_another_way_are_left_to_the_config()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.json"], LlamaConfig);
        OracleSafetensors.Write(folder["model.safetensors"], [new OracleTensor("model.layers.0.self_attn.q_proj.weight", "U8", [32, 1], [], new byte[32])]);
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair("model.layers.0.self_attn.q_proj", 8, 8);
        adapter.Pair("model.layers.0.self_attn.k_proj", 8, 8);
        Converted converted = Convert(adapter, folder.Path);
        Assert.Empty(converted.Errors);
        Assert.True(converted.Has("TF4023"));
    }

    [Fact]
    public void A_broken_weights_file_of_the_base_is_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.json"], LlamaConfig);
        File.WriteAllText(folder["model.safetensors"], "no header");
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair("model.layers.0.self_attn.q_proj", 8, 8);
        Converted refused = Convert(adapter, folder.Path);
        Assert.Equal(["TF1101"], refused.Errors);
        Assert.Contains("model.safetensors", refused.ToString());
    }

    [Theory]
    [InlineData("gpt2", "transformer.h.0.attn.c_attn", 64, 192)]
    [InlineData("gpt_oss", "model.layers.0.mlp.router", 64, 4)]
    [InlineData("phi3", "model.layers.0.mlp.gate_up_proj", 64, 192)]
    [InlineData("deepseek_v3", "model.layers.1.mlp.shared_experts.down_proj", 32, 64)]
    public void Other_architectures_are_measured_too(string architecture, string path, int inputs, int outputs)
    {
        foreach (string kind in new[] { "bases", "bases-mlx" })
        {
            string folder = Path.Combine(Fixtures.Root, kind, architecture);
            if (!Directory.Exists(folder))
            {
                continue;
            }

            SmallAdapter bad = SmallAdapter.Peft();
            bad.Pair(path, inputs + 1, outputs);
            Assert.Equal([("TF4015", path)], Errors(Convert(bad, folder)));
            SmallAdapter good = SmallAdapter.Peft();
            good.Pair(path, inputs, outputs);
            Assert.Empty(Convert(good, folder).Errors);
        }
    }

    private static Converted Convert(SmallAdapter adapter, string baseFolder)
    {
        using IAdapterSource source = adapter.Open();
        using var sink = new MemoryAdapterSink();
        ConversionResult result = AdapterPipeline.From(source).To(TargetProfile.MlxLm).WithBase(BaseModel.FromFolder(baseFolder)).WriteTo(sink).Run(
            TestContext.Current.CancellationToken);
        return new Converted(result, sink.Files);
    }
}
