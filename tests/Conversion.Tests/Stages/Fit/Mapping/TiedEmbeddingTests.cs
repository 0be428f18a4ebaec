using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Stages.Fit.Mapping;

/// <summary>
/// Where the base ties its head to its embedding, MLX's adapter of the embedding changes both; PEFT's does so only with the mirrored pair and the flag.
/// </summary>
public class TiedEmbeddingTests
{
    private const string Embedding = "model.embed_tokens";

    private static string Base(bool? tied, string modelType = "llama") =>
        $$"""{"model_type": "{{modelType}}", "num_hidden_layers": 2, "hidden_size": 6, "vocab_size": 10{{(tied is null ? "" : $", \"tie_word_embeddings\": {(tied.Value ? "true" : "false")}")}}}""";

    private static SmallAdapter WithEmbedding(bool withHead = false, bool mirrored = true, bool flag = false)
    {
        SmallAdapter adapter = SmallAdapter.Peft(flag ? "\"ensure_weight_tying\": true" : "");
        DenseArray a = adapter.Random($"base_model.model.{Embedding}.lora_embedding_A", 2, 10);
        DenseArray b = adapter.Random($"base_model.model.{Embedding}.lora_embedding_B", 6, 2);
        if (withHead)
        {
            adapter.Put("base_model.model.lm_head.lora_A.weight", mirrored ? Dense.Transpose(b) : adapter.Values(2, 6));
            adapter.Put("base_model.model.lm_head.lora_B.weight", mirrored ? Dense.Transpose(a) : adapter.Values(10, 2));
        }

        return adapter;
    }

    private static DenseArray Delta(SmallAdapter adapter) => Dense.Scale(
        Dense.Transpose(Dense.Multiply(
            adapter.Tensors[$"base_model.model.{Embedding}.lora_embedding_B"].ToArray(),
            adapter.Tensors[$"base_model.model.{Embedding}.lora_embedding_A"].ToArray())),
        2);

    private static void AssertEmbeddingOnly(Converted converted, SmallAdapter adapter)
    {
        OracleDelta delta = Assert.Single(converted.MlxDeltas(path => path == Embedding)).Value;
        DeltaComparison.AssertClose(delta.Delta, Delta(adapter), 0, Embedding);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(null)]
    public void A_mirrored_pair_of_a_tied_base_becomes_one_embedding_adapter(bool? tied)
    {
        SmallAdapter adapter = WithEmbedding(withHead: true, flag: true);
        AssertEmbeddingOnly(Run.MustConvert(adapter, TargetProfile.MlxLm, Base(tied)), adapter);
    }

    [Fact]
    public void The_flag_and_the_mirror_tell_that_the_base_is_tied_where_no_base_is_given()
    {
        SmallAdapter adapter = WithEmbedding(withHead: true, flag: true);
        AssertEmbeddingOnly(Run.MustConvert(adapter, TargetProfile.MlxLm, null, new ConversionOptions { ModelType = "llama" }), adapter);
    }

    [Fact]
    public void An_embedding_alone_would_change_the_head_too() => Run.MustRefuse(WithEmbedding(), TargetProfile.MlxLm, ["TF5005"], Base(true));

    [Fact]
    public void A_model_that_always_ties_refuses_it_whatever_its_config_says() =>
        Run.MustRefuse(WithEmbedding(), TargetProfile.MlxLm, ["TF5005"], Base(null, "gemma"));

    [Fact]
    public void Pairs_that_are_no_mirror_are_refused()
    {
        Run.MustRefuse(WithEmbedding(withHead: true, mirrored: false, flag: true), TargetProfile.MlxLm, ["TF4019", "TF5005"], Base(true));
        Run.MustRefuse(WithEmbedding(withHead: true), TargetProfile.MlxLm, ["TF4019", "TF5005"], Base(true));
        SmallAdapter other = WithEmbedding(withHead: true, flag: true).Set("alpha_pattern", """{"lm_head": 8}""");
        Run.MustRefuse(other, TargetProfile.MlxLm, ["TF4019", "TF5005"], Base(true));
    }

    [Fact]
    public void A_head_alone_of_a_tied_base_is_no_module_of_MLX()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair("lm_head", 6, 10);
        adapter.Pair("model.layers.0.self_attn.q_proj", 6, 6);
        Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF4019"], Base(true));
        Converted dropped = Run.MustConvert(adapter, TargetProfile.MlxLm, Base(true), new ConversionOptions { Allowed = ["TF4019"] });
        Assert.Equal(["model.layers.0.self_attn.q_proj"], dropped.MlxDeltas().Keys);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_untied_base_keeps_embedding_and_head_apart(bool flag)
    {
        SmallAdapter adapter = WithEmbedding(withHead: true, mirrored: false, flag);
        Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, Base(false));
        Assert.Equal(["lm_head", Embedding], converted.MlxDeltas().Keys.Order(StringComparer.Ordinal));
        DeltaComparison.AssertClose(converted.MlxDeltas(path => path == Embedding)[Embedding].Delta, Delta(adapter), 0, Embedding);
    }

    [Fact]
    public void Without_a_base_it_is_asked_for()
    {
        ConversionOptions options = new() { ModelType = "llama" };
        Run.MustRefuse(WithEmbedding(), TargetProfile.MlxLm, ["TF5006"], null, options);
        Assert.Single(Run.MustConvert(WithEmbedding(), TargetProfile.MlxLm, null, options with { Allowed = ["TF5006"] }).MlxDeltas());

        // mlx-lm refuses to load a head that the base ties, so that a word is enough.
        SmallAdapter head = SmallAdapter.Peft();
        head.Pair("lm_head", 6, 10);
        Assert.Contains(
            Run.MustConvert(head, TargetProfile.MlxLm, null, options).Result.Findings, finding => finding is { Code.Id: "TF5024", Severity: Severity.Warning });

        SmallAdapter mlx = SmallAdapter.Mlx();
        mlx.MlxPair(Embedding, 10, 6);
        Run.MustRefuse(mlx, TargetProfile.Peft, ["TF5006"], null, options);
    }

    [Fact]
    public void Names_that_are_kept_do_not_hide_the_question()
    {
        ConversionOptions options = new() { ModelType = "identity" };
        Run.MustRefuse(WithEmbedding(), TargetProfile.MlxLm, ["TF5006"], null, options);
        Run.MustRefuse(WithEmbedding(), TargetProfile.MlxLm, ["TF5005"], Base(true), options);
        Assert.Single(Run.MustConvert(WithEmbedding(), TargetProfile.MlxLm, Base(false), options).MlxDeltas());

        SmallAdapter mlx = SmallAdapter.Mlx();
        mlx.MlxPair(Embedding, 10, 6);
        Run.MustRefuse(mlx, TargetProfile.Peft, ["TF5006"], null, options);
        Run.MustRefuse(mlx, TargetProfile.Peft, ["TF5005"], Base(true), options);
        Run.MustConvert(mlx, TargetProfile.Peft, Base(false), options);
    }

    [Theory]
    [InlineData("llama", true)]
    [InlineData("gemma", null)]
    public void An_MLX_embedding_of_a_tied_base_becomes_both_pairs_and_the_flag(string modelType, bool? tied)
    {
        SmallAdapter mlx = SmallAdapter.Mlx();
        DenseArray a = mlx.Random(Embedding + ".lora_a", 10, 2);
        DenseArray b = mlx.Random(Embedding + ".lora_b", 2, 6);

        Converted peft = Run.MustConvert(mlx, TargetProfile.Peft, Base(tied, modelType));

        Assert.True(peft.Config.GetFlag("ensure_weight_tying"));
        Assert.Equal(["lm_head", Embedding], peft.Config.GetStrings("target_modules")!.Order(StringComparer.Ordinal));
        Assert.Equal(Dense.Transpose(a).Values, peft.Tensor($"base_model.model.{Embedding}.lora_embedding_A").Values);
        Assert.Equal(Dense.Transpose(b).Values, peft.Tensor($"base_model.model.{Embedding}.lora_embedding_B").Values);
        (DenseArray headA, DenseArray headB) = peft.PeftPair("lm_head");
        Assert.Equal(b.Values, headA.Values);
        Assert.Equal(a.Values, headB.Values);

        Converted back = Run.MustConvert(peft.Open(), TargetProfile.MlxLm, Base(tied, modelType));
        Assert.Equal(mlx.Tensors.Keys.Order(StringComparer.Ordinal), back.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.All(mlx.Tensors.Values, tensor => Assert.Equal(tensor.Bytes, back.Tensor(tensor.Name).Bytes));
    }

    [Fact]
    public void An_MLX_embedding_of_an_untied_base_stays_alone()
    {
        SmallAdapter mlx = SmallAdapter.Mlx();
        mlx.MlxPair(Embedding, 10, 6);
        Converted peft = Run.MustConvert(mlx, TargetProfile.Peft, Base(false));
        Assert.Equal([Embedding], peft.Config.GetStrings("target_modules")!);
        Assert.False(peft.Config.Has("ensure_weight_tying"));
    }

    // The recorded adapter of a model with a head of its own, on the same model with the flag turned: nothing of it may convert silently.
    [Fact]
    public void The_recorded_embedding_adapter_is_refused_for_a_tied_base()
    {
        using var folder = new TemporaryFolder();
        string config = File.ReadAllText(Path.Combine(Fixtures.HfBaseFolder("llama"), "config.json"));
        Assert.Contains("\"tie_word_embeddings\": false", config);
        Directory.CreateDirectory(folder["base"]);
        File.WriteAllText(
            Path.Combine(folder["base"], "config.json"),
            config.Replace("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true", StringComparison.Ordinal));
        Run.MustRefuse(Fixtures.Case("llama_embed").AdapterFolder, TargetProfile.MlxLm, folder["mlx"], ["TF2304", "TF5005"], folder["base"]);
        Run.MustRefuse(Fixtures.Case("llama_lm_head").AdapterFolder, TargetProfile.MlxLm, folder["mlx"], ["TF2304", "TF4019"], folder["base"]);
    }
}
