using Transfuse.Apply.Backends.Managed;
using Transfuse.Apply.Fusing;
using Transfuse.Apply.Models;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Fusing;

/// <summary>Adapters of models that were resized for other tokens: embedding and head are PEFT's saved ones, and the config says how many.</summary>
public class ResizedTests
{
    private const string Embedding = "model.embed_tokens.weight";
    private const string Head = "lm_head.weight";
    private const string Prefix = "base_model.model.";
    private const int Tokens = 112;

    [Theory]
    [InlineData(5)]
    [InlineData(-7)]
    public void Embedding_and_head_get_the_adapter_s_rows(int more)
    {
        using var folder = new TemporaryFolder();
        using AdapterCopy adapter = Saved("llama_qv", Tokens + more, Embedding, Head);

        FusionResult result = Merge.Succeed(Fixtures.HfBaseFolder("llama"), folder["out"], null, adapter.Save());

        Dictionary<string, OracleTensor> after = Merge.Weights(folder["out"]);
        foreach (string name in new[] { Embedding, Head })
        {
            DenseArray wanted = adapter.Tensors[Prefix + name].ToArray();
            Assert.Equal([Tokens + more, 64], after[name].Shape);
            Assert.Equal("BF16", after[name].DType);
            Merge.AssertRoundedOnce(after[name], wanted, wanted, name);
        }

        Assert.Equal(Tokens + more, Merge.Config(folder["out"]).GetProperty("vocab_size").GetInt32());
        Metadata.Findings.Finding told = Assert.Single(result.Findings, finding => finding.Code.Id == "TF6020");
        Assert.Equal(Head, told.Subject);
        Assert.Contains($"has {Tokens + more} rows instead of {Tokens}; vocab_size is {Tokens + more} now", told.Message, StringComparison.Ordinal);
        using var backend = new ManagedBackend();
        using LanguageModel model = LanguageModel.Load(folder["out"], backend);
        Assert.Equal(Tokens + more, model.Vocabulary);
        Assert.Equal(3 * (Tokens + more), model.Logits([1, 2, Tokens + more - 1]).Length);
    }

    [Fact]
    public void A_quantized_base_is_resized_and_quantized_again()
    {
        using var folder = new TemporaryFolder();
        using AdapterCopy adapter = Saved("llama_qv", Tokens + 8, Embedding, Head);

        Merge.Succeed(Fixtures.MlxBaseFolder("llama-q8"), folder["out"], null, adapter.Save());

        Dictionary<string, OracleTensor> after = Merge.Weights(folder["out"]);
        Assert.Equal([Tokens + 8, 16], after[Embedding].Shape);
        Assert.Equal([Tokens + 8, 2], after["model.embed_tokens.scales"].Shape);
        DenseArray wanted = adapter.Tensors[Prefix + Embedding].ToArray();
        double[] actual = MlxQuantization.Dequantize(after, Merge.Config(folder["out"]))[Embedding].Values;
        Assert.InRange(wanted.Values.Zip(actual, (a, b) => Math.Abs(a - b)).Max(), 0, 0.02);
    }

    [Fact]
    public void Factors_of_a_resized_embedding_are_added_to_what_was_saved()
    {
        using var folder = new TemporaryFolder();
        using AdapterCopy adapter = Saved("llama_embed", Tokens + 3, "model.embed_tokens.base_layer.weight", Head);
        string a = Prefix + "model.embed_tokens.lora_embedding_A", b = Prefix + "model.embed_tokens.lora_embedding_B";
        int rank = (int)adapter.Tensors[a].Shape[0];
        adapter.Put(a, Values(rank, Tokens + 3, 0.01));
        string model = Merge.InFloat32(Fixtures.HfBaseFolder("llama"), folder["base"]);

        Merge.Succeed(model, folder["out"], null, adapter.Save());

        double scale = adapter.Config["lora_alpha"]!.GetValue<double>() / rank;
        double[] left = adapter.Tensors[b].Values, right = adapter.Tensors[a].Values;
        DenseArray before = adapter.Tensors[Prefix + "model.embed_tokens.base_layer.weight"].ToArray();
        DenseArray wanted = Values(Tokens + 3, 64, 0);
        for (int token = 0; token < Tokens + 3; token++)
        {
            for (int column = 0; column < 64; column++)
            {
                double sum = before.Values[(token * 64) + column];
                for (int j = 0; j < rank; j++)
                {
                    sum += scale * left[(column * rank) + j] * right[(j * (Tokens + 3)) + token];
                }

                wanted.Values[(token * 64) + column] = sum;
            }
        }

        Merge.AssertRoundedOnce(Merge.Weights(folder["out"])[Embedding], before, wanted, Embedding);
    }

    [Fact]
    public void A_tied_model_stays_tied()
    {
        using var folder = new TemporaryFolder();
        string model = Merge.Rewrite(Fixtures.HfBaseFolder("llama"), folder["base"], tensors => tensors.Where(tensor => tensor.Name != Head));
        string config = Path.Combine(model, "config.json");
        File.WriteAllText(
            config, File.ReadAllText(config).Replace("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true", StringComparison.Ordinal));
        using AdapterCopy adapter = Saved("llama_qv", Tokens + 5, Embedding);
        adapter.Put(Prefix + Head, adapter.Tensors[Prefix + Embedding].ToArray());

        Merge.Succeed(model, folder["out"], null, adapter.Save());

        Dictionary<string, OracleTensor> after = Merge.Weights(folder["out"]);
        Assert.Equal([Tokens + 5, 64], after[Embedding].Shape);
        Assert.DoesNotContain(Head, after.Keys);
        Assert.True(Merge.Config(folder["out"]).GetProperty("tie_word_embeddings").GetBoolean());
        Assert.Equal(Tokens + 5, Merge.Config(folder["out"]).GetProperty("vocab_size").GetInt32());
    }

    [Fact]
    public void Refuses_an_embedding_without_the_head_that_goes_with_it()
    {
        using AdapterCopy adapter = Saved("llama_qv", Tokens + 5, Embedding);

        Refuses(adapter, Fixtures.HfBaseFolder("llama"), null,
            $"has {Tokens + 5} rows instead of {Tokens}, but {Head} keeps {Tokens}: the adapter brings no other");
    }

    [Fact]
    public void Refuses_a_share_of_the_way_to_rows_that_the_base_does_not_have()
    {
        using AdapterCopy adapter = Saved("llama_qv", Tokens + 5, Embedding, Head);

        Refuses(adapter, Fixtures.HfBaseFolder("llama"), new FusionOptions { Strength = 0.5 }, "which rows that the base does not have cannot go");
    }

    [Fact]
    public void Refuses_a_config_that_cannot_say_so()
    {
        using var folder = new TemporaryFolder();
        string model = Merge.Rewrite(Fixtures.HfBaseFolder("llama"), folder["base"], tensors => tensors);
        string config = Path.Combine(model, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"vocab_size\"", "\"tokens\"", StringComparison.Ordinal));
        using AdapterCopy adapter = Saved("llama_qv", Tokens + 5, Embedding, Head);

        Refuses(adapter, model, null, "config.json has no vocab_size that could say so");
    }

    [Fact]
    public void Of_two_adapters_the_later_says_how_many()
    {
        using var folder = new TemporaryFolder();
        using AdapterCopy first = Saved("llama_qv", Tokens + 5, Embedding, Head), second = Saved("llama_rslora", Tokens + 9, Embedding, Head);

        Merge.Succeed(Fixtures.HfBaseFolder("llama"), folder["out"], null, first.Save(), second.Save());

        DenseArray wanted = second.Tensors[Prefix + Head].ToArray();
        Merge.AssertRoundedOnce(Merge.Weights(folder["out"])[Head], wanted, wanted, Head);
        Assert.Equal(Tokens + 9, Merge.Config(folder["out"]).GetProperty("vocab_size").GetInt32());
    }

    private static void Refuses(AdapterCopy adapter, string model, FusionOptions? options, string message)
    {
        using var folder = new TemporaryFolder();

        FusionResult result = Merge.Run(model, folder["out"], options, adapter.Save());

        Metadata.Findings.Finding error = Assert.Single(result.Findings, finding => finding.Severity == Metadata.Findings.Severity.Error);
        Assert.Equal("TF6021", error.Code.Id);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.False(Path.Exists(folder["out"]));
    }

    private static AdapterCopy Saved(string fixture, int rows, params string[] weights)
    {
        var adapter = AdapterCopy.Of(Fixtures.Case(fixture));
        foreach (string weight in weights)
        {
            adapter.Put(Prefix + weight, Values(rows, 64, weight.Length));
        }

        return adapter;
    }

    private static DenseArray Values(int rows, int columns, double seed) =>
        new([rows, columns], [.. Enumerable.Range(0, rows * columns).Select(i => (double)(float)Math.Sin((i * 0.37) + seed))]);
}
