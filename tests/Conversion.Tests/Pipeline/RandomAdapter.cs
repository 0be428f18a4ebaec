using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>A random PEFT adapter of a small Llama: any set of modules, patterns, alphas, dtypes, rsLoRA and DoRA; ranks as its patterns give them.</summary>
public sealed class RandomAdapter
{
    private static readonly (string Leaf, int Inputs, int Outputs)[] Kinds =
    [
        ("self_attn.q_proj", 6, 8), ("self_attn.k_proj", 6, 4), ("self_attn.v_proj", 6, 4), ("self_attn.o_proj", 8, 6),
        ("mlp.gate_proj", 6, 10), ("mlp.up_proj", 6, 10), ("mlp.down_proj", 10, 6),
    ];

    private static readonly string[] Keys =
        ["q_proj", "self_attn.q_proj", ".*_proj", "layers.0.mlp.up_proj", "model.layers.1.self_attn.o_proj", "^model.layers.2.mlp.down_proj", ".*mlp.*", "lm_head", "(k|v)_proj", "embed_tokens"];

    private RandomAdapter(SmallAdapter files, bool dora)
    {
        Files = files;
        IsDora = dora;
        Config = OracleJson.Parse(files.Config.ToJsonString());
    }

    public const string Base = """
        {"model_type": "llama", "num_hidden_layers": 3, "hidden_size": 6, "intermediate_size": 10, "vocab_size": 12, "tie_word_embeddings": false}
        """;

    public SmallAdapter Files { get; }

    public bool IsDora { get; }

    public JsonElement Config { get; }

    /// <summary>The modules, in the order in which they were made.</summary>
    public List<string> Modules { get; } = [];

    public static Gen<RandomAdapter> Generator { get; } =
        from seed in Gen.Choose(0, int.MaxValue - 1)
        from rank in Gen.Elements(1, 2, 3, 4, 8)
        from alpha in Gen.Elements(1, 2, 4, 8, 16, 3.5, 0.1, 7, 1e-3)
        from rslora in Gen.Elements(false, false, true)
        from dora in Gen.Elements(false, false, false, true)
        from ranks in Gen.ListOf(Gen.Zip(Gen.Elements(Keys), Gen.Elements(1, 2, 4, 5)))
        from alphas in Gen.ListOf(Gen.Zip(Gen.Elements(Keys), Gen.Elements(1, 2, 8, 0.3, 11, 64)))
        from dtypes in Gen.ListOf(Gen.Elements("F32", "F16", "BF16", "F64"))
        from density in Gen.Choose(1, 10)
        select Make(seed, rank, alpha, rslora, dora, [.. ranks.Take(3)], [.. alphas.Take(3)], [.. dtypes.DefaultIfEmpty("F32")], density);

    public string Dump() =>
        Files.Config.ToJsonString() + " " + string.Join(", ", Files.Tensors.Values.Select(tensor => $"{tensor.Name} {OracleSafetensors.Describe(tensor)}"));

    public override string ToString() => Dump();

    private static RandomAdapter Make(
        int seed, int rank, double alpha, bool rslora, bool dora, (string Key, int Rank)[] ranks, (string Key, double Alpha)[] alphas, string[] dtypes,
        int density)
    {
        SmallAdapter files = SmallAdapter.Peft("\"peft_version\": \"0.21.0\"")
            .Set("r", $"{rank}")
                .Set("lora_alpha", JsonSerializer.Serialize(alpha))
                .Set("use_rslora", rslora ? "true" : "false")
                .Set("use_dora", dora ? "true" : "false")
            .Set("rank_pattern", JsonSerializer.Serialize(ranks.DistinctBy(entry => entry.Key).ToDictionary(entry => entry.Key, entry => entry.Rank)))
            .Set("alpha_pattern", JsonSerializer.Serialize(alphas.DistinctBy(entry => entry.Key).ToDictionary(entry => entry.Key, entry => entry.Alpha)));
        var adapter = new RandomAdapter(files, dora);
        var random = new Random(seed);
        foreach ((string path, int inputs, int outputs)
            in All(dora).Where(_ => random.Next(10) < density).DefaultIfEmpty(("model.layers.1.self_attn.q_proj", 6, 8)))
        {
            adapter.Add(path, inputs, outputs, rank, dtypes, random);
        }

        return adapter;
    }

    // MLX has no DoRA of embeddings: drawn alone, one would leave nothing.
    private static IEnumerable<(string Path, int Inputs, int Outputs)> All(bool dora) =>
        Enumerable.Range(0, 3).SelectMany(layer => Kinds.Select(kind => ($"model.layers.{layer}.{kind.Leaf}", kind.Inputs, kind.Outputs)))
            .Append(("lm_head", 6, 12)).Concat(dora ? [] : [("model.embed_tokens", 12, 6)]);

    private void Add(string path, int inputs, int outputs, int rank, string[] dtypes, Random random)
    {
        bool isEmbedding = path == "model.embed_tokens";
        int own = (int)PeftPattern.Lookup(Config.Get("rank_pattern"), path, rank);
        string prefix = $"base_model.model.{path}.{(isEmbedding ? "lora_embedding_" : "lora_")}";
        string suffix = isEmbedding ? "" : ".weight";
        Files.Put($"{prefix}A{suffix}", Values(random, own, inputs), dtypes[random.Next(dtypes.Length)]);
        Files.Put($"{prefix}B{suffix}", Values(random, outputs, own), dtypes[random.Next(dtypes.Length)]);
        if (IsDora)
        {
            Files.Put($"base_model.model.{path}.lora_magnitude_vector", Values(random, outputs), "F32");
        }

        Modules.Add(path);
    }

    private static DenseArray Values(Random random, params long[] shape)
    {
        DenseArray values = DenseArray.Zeros(shape);
        for (int i = 0; i < values.Values.Length; i++)
        {
            values.Values[i] = (random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-6, 3));
        }

        return values;
    }
}
