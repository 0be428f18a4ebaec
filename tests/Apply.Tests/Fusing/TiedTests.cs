using Transfuse.Apply.Fusing;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Fusing;

/// <summary>Bases whose head is their embedding: the two are parted where the adapter makes them differ, and only there.</summary>
public class TiedTests
{
    private const string Embedding = "model.embed_tokens.weight";
    private const string Head = "lm_head.weight";

    [Fact]
    public void Peft_adapter_of_the_embedding_leaves_the_head_as_it_was()
    {
        using var folder = new TemporaryFolder();
        string model = Tied(folder, "llama");

        FusionResult result = Merge.Succeed(model, folder["out"], null, Fixtures.Case("llama_embed").AdapterFolder);

        Dictionary<string, OracleTensor> before = Merge.Weights(model), after = Merge.Weights(folder["out"]);
        Assert.Equal(before[Embedding].Bytes, after[Head].Bytes);
        Assert.NotEqual(before[Embedding].Bytes, after[Embedding].Bytes);
        Assert.False(Merge.Config(folder["out"]).GetProperty("tie_word_embeddings").GetBoolean());
        Assert.Contains(
            result.Findings, finding => finding.Code.Id == "TF6006" && finding.Message.Contains("the embedding's old values", StringComparison.Ordinal));
    }

    [Fact]
    public void Peft_adapter_of_the_head_leaves_the_embedding_as_it_was()
    {
        using var folder = new TemporaryFolder();
        string model = Tied(folder, "llama", fromHead: true);

        Merge.Succeed(model, folder["out"], null, Fixtures.Case("llama_lm_head").AdapterFolder);

        Dictionary<string, OracleTensor> before = Merge.Weights(model), after = Merge.Weights(folder["out"]);
        DenseArray embedding = before[Embedding].ToArray();
        OracleDelta delta = PeftOracle.Read(Fixtures.Case("llama_lm_head").AdapterFolder, HfBase.Fixture("llama")).Deltas[Head];
        Merge.AssertRoundedOnce(after[Head], embedding, delta.ApplyTo(embedding), Head);
        Assert.Equal(before[Embedding].Bytes, after[Embedding].Bytes);
        Assert.False(Merge.Config(folder["out"]).GetProperty("tie_word_embeddings").GetBoolean());
    }

    [Theory]
    [InlineData("llama_trainable_tokens", "llama")]
    [InlineData("llama_qv", "llama")]
    public void What_changes_both_or_none_leaves_them_tied(string name, string architecture)
    {
        using var folder = new TemporaryFolder();

        Merge.Succeed(Tied(folder, architecture), folder["out"], null, Fixtures.Case(name).AdapterFolder);

        Assert.DoesNotContain(Head, Merge.Weights(folder["out"]).Keys);
        Assert.True(Merge.Config(folder["out"]).GetProperty("tie_word_embeddings").GetBoolean());
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("llama-q4")]
    public void Mlx_adapter_of_the_embedding_changes_the_head_too(string name)
    {
        using var folder = new TemporaryFolder();
        string model = Tied(folder, name, Fixtures.MlxBaseFolder(name));

        Merge.Succeed(model, folder["out"], null, EmbeddingAlone(folder));

        Dictionary<string, OracleTensor> after = Merge.Weights(folder["out"]);
        Assert.NotEqual(Merge.Weights(model)[Embedding].Bytes, after[Embedding].Bytes);
        Assert.DoesNotContain(Head, after.Keys);
        Assert.True(Merge.Config(folder["out"]).GetProperty("tie_word_embeddings").GetBoolean());
    }

    [Fact]
    public void Peft_adapter_of_the_embedding_of_a_quantized_base_gives_the_head_the_old_codes()
    {
        using var folder = new TemporaryFolder();
        string model = Tied(folder, "llama-q4", Fixtures.MlxBaseFolder("llama-q4"));

        Merge.Succeed(model, folder["out"], new FusionOptions { Reading = Conversion.ConversionOptions.Default }, WithoutSaved(folder, "llama_embed"));

        Dictionary<string, OracleTensor> before = Merge.Weights(model), after = Merge.Weights(folder["out"]);
        Assert.NotEqual(before[Embedding].Bytes, after[Embedding].Bytes);
        foreach (string part in new[] { ".weight", ".scales", ".biases" })
        {
            Assert.Equal(before["model.embed_tokens" + part].Bytes, after["lm_head" + part].Bytes);
        }

        Assert.False(Merge.Config(folder["out"]).GetProperty("tie_word_embeddings").GetBoolean());
    }

    [Fact]
    public void A_model_type_that_has_no_head_of_its_own_is_refused()
    {
        using var folder = new TemporaryFolder();
        string model = Tied(folder, "llama", Fixtures.MlxBaseFolder("llama"));
        string config = Path.Combine(model, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"model_type\": \"llama\"", "\"model_type\": \"gemma\"", StringComparison.Ordinal));

        FusionResult result = Merge.Run(model, folder["out"], null, WithoutSaved(folder, "llama_embed"));

        Assert.Contains(result.Findings, finding => finding.Code.Id == "TF6007" && finding.Subject == Embedding);
        Assert.False(Path.Exists(folder["out"]));
    }

    [Fact]
    public void Whole_modules_that_were_saved_apart_are_parted()
    {
        using var folder = new TemporaryFolder();
        string model = Tied(folder, "llama");

        Merge.Succeed(model, folder["out"], null, Fixtures.Case("llama_modules_to_save").AdapterFolder);

        Dictionary<string, OracleTensor> after = Merge.Weights(folder["out"]);
        IReadOnlyDictionary<string, DenseArray> saved = PeftOracle.Read(
            Fixtures.Case("llama_modules_to_save").AdapterFolder, HfBase.Fixture("llama")).Replacements;
        Assert.Equal(OracleTensor.Of(Head, saved[Head], "BF16").Bytes, after[Head].Bytes);
        Assert.Equal(OracleTensor.Of(Embedding, saved[Embedding], "BF16").Bytes, after[Embedding].Bytes);
    }

    [Fact]
    public void A_head_of_its_own_goes_where_the_embedding_is_and_into_the_index()
    {
        using var folder = new TemporaryFolder();
        string model = Shards.Split(Tied(folder, "llama"), folder["shards"], 3);

        Merge.Succeed(model, folder["out"], null, Fixtures.Case("llama_embed").AdapterFolder);

        Dictionary<string, string> map = Shards.Map(folder["out"]);
        Assert.Equal(map[Embedding], map[Head]);
        Assert.Equal(Merge.Weights(folder["out"]).Keys.Order(StringComparer.Ordinal), map.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Merge.Weights(folder["out"]).Values.Sum(tensor => tensor.Bytes.LongLength), Shards.TotalSize(folder["out"]));
    }

    // A llama whose head is its embedding.
    private static string Tied(TemporaryFolder folder, string name, string? source = null, bool fromHead = false)
    {
        string from = source ?? Fixtures.HfBaseFolder(name);
        OracleTensor head = Merge.Weights(from)[Head];
        string model = Merge.Rewrite(from, folder["base"], tensors => tensors.Where(tensor => !tensor.Name.StartsWith("lm_head.", StringComparison.Ordinal))
            .Select(tensor => fromHead && tensor.Name == Embedding ? head with { Name = Embedding } : tensor));
        string config = Path.Combine(model, "config.json");
        File.WriteAllText(
            config, File.ReadAllText(config).Replace("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true", StringComparison.Ordinal));
        return model;
    }

    private static string EmbeddingAlone(TemporaryFolder folder)
    {
        string source = Fixtures.Case("mlx_llama_head_embed").AdapterFolder, copy = Directory.CreateDirectory(folder["adapter"]).FullName;
        File.Copy(Path.Combine(source, "adapter_config.json"), Path.Combine(copy, "adapter_config.json"));
        OracleSafetensors.Write(
            Path.Combine(copy, "adapters.safetensors"),
            MlxFiles.ReadTensors(source).Values.Where(tensor => tensor.Name.StartsWith("model.embed_tokens", StringComparison.Ordinal)));
        return copy;
    }

    // On a quantized base, or another, what PEFT saved of the base's embedding is another embedding.
    private static string WithoutSaved(TemporaryFolder folder, string name)
    {
        string source = Fixtures.Case(name).AdapterFolder, copy = Directory.CreateDirectory(folder["adapter"]).FullName;
        File.Copy(Path.Combine(source, "adapter_config.json"), Path.Combine(copy, "adapter_config.json"));
        OracleSafetensors.Write(
            Path.Combine(copy, "adapter_model.safetensors"),
            PeftFiles.ReadTensors(source).Values.Where(tensor => !tensor.Name.Contains("base_layer", StringComparison.Ordinal)), peftMetadata: true);
        return copy;
    }
}
