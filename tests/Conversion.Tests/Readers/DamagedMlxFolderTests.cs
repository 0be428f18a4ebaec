using Transfuse.Conversion.Checking;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Readers;

/// <summary>MLX folders changed in one place each, before every MLX reader, against the Oracle's loaders.</summary>
public class DamagedMlxFolderTests
{
    private const string Q1 = "model.layers.1.self_attn.q_proj";

    private static readonly string[] MlxReaders = ["mlx-lm", "mlx-swift", "mlx-vlm", "unsloth"];

    /// <summary>What loads although the Oracle says that it fails.</summary>
    private static readonly HashSet<(string Reader, string Path, string? Json)> Known =
    [
        // JSONDecoder takes a number with a fraction of zero for an Int.
        ("mlx-swift", "num_layers", "12.0"),
        ("mlx-swift", "lora_parameters.rank", "8.0"),

        // No paths means that mlx-lm is called, and its keys are whole.
        ("unsloth", "unsloth_mlx_lora_module_paths", "[]"),
        ("unsloth", "unsloth_mlx_lora_module_paths", "null"),

        // Python's float() reads strings.
        ("unsloth", "lora_parameters.scale", "\"20\""),
    ];

    /// <summary>Changes of a field: the path, the JSON that is put there (null removes it).</summary>
    private static readonly (string Path, string? Json)[] Fields =
    [
        ("num_layers", null), ("num_layers", "null"), ("num_layers", "12.0"), ("num_layers", "\"3\""), ("num_layers", "true"),
        ("num_layers", "0"), ("num_layers", "-1"), ("num_layers", "1"), ("num_layers", "2"), ("num_layers", "99"),
        ("lora_parameters", null), ("lora_parameters", "null"), ("lora_parameters", "[]"),
        ("lora_parameters.rank", null), ("lora_parameters.rank", "8.0"), ("lora_parameters.rank", "4"), ("lora_parameters.rank", "\"8\""),
        ("lora_parameters.rank", "null"),
        ("lora_parameters.scale", null), ("lora_parameters.scale", "null"), ("lora_parameters.scale", "\"20\""), ("lora_parameters.scale", "3"),
        ("lora_parameters.dropout", null), ("lora_parameters.dropout", "null"), ("lora_parameters.dropout", "1.0"), ("lora_parameters.dropout", "-0.1"),
        ("lora_parameters.dropout", "0.5"),
        ("lora_parameters.keys", null), ("lora_parameters.keys", "null"), ("lora_parameters.keys", "[]"), ("lora_parameters.keys", "\"self_attn.q_proj\""),
        ("lora_parameters.keys", "7"),
        ("lora_parameters.keys", "[\"q_proj\", \"v_proj\"]"), ("lora_parameters.keys", "[\"self_attn\"]"), ("lora_parameters.keys", "[\"input_layernorm\"]"),
        ("lora_parameters.keys", "[\"self_attn.q_proj\", \"self_attn.v_proj\"]"),
        ("lora_parameters.keys", "[\"self_attn.q_proj\", \"self_attn.v_proj\", \"mlp.nothing\"]"),
        ("lora_parameters.keys", "[\"self_attn.q_proj\", \"self_attn.v_proj\", \"model.layers.1.self_attn.q_proj\"]"),
        ("lora_parameters.keys", "[\"model.layers.1.self_attn.q_proj\"]"),
        ("lora_parameters.keys", "[\"lm_head\"]"), ("lora_parameters.keys", "[\"model.norm\"]"),
        ("fine_tune_type", null), ("fine_tune_type", "\"dora\""), ("fine_tune_type", "\"lora\""), ("fine_tune_type", "\"qlora\""),
        ("fine_tune_type", "\"full\""),
        ("base_model_name_or_path", "\"org/base\""), ("base_model_name_or_path", "\"\""),
        ("unsloth_mlx_lora_module_paths", "[]"), ("unsloth_mlx_lora_module_paths", "[\"model.layers.1.self_attn.q_proj\"]"),
        ("unsloth_mlx_lora_module_paths", "null"),
        ("base_quantization_config", "{\"bits\": 4, \"group_size\": 64}"),
    ];

    [Theory]
    [InlineData("mlx_llama_qv")]
    [InlineData("mlx_llama_dora")]
    [InlineData("unsloth_llama")]
    [InlineData("swift_llama")]
    [InlineData("mlx_mixtral_switch")]
    [InlineData("unsloth_qwen3_moe")]
    public void Agrees_with_the_oracle_on_changed_fields(string name)
    {
        FixtureCase fixture = Fixtures.Case(name);
        List<string> differences = [];
        foreach ((string path, string? json) in Fields)
        {
            using AdapterCopy copy = AdapterCopy.Of(fixture);
            copy.Set(path, json);
            differences.AddRange(
                Compare(copy.Save(), fixture, reader => Known.Contains((reader, path, json))).Select(difference => $"{path} {json}: {difference}"));
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [Theory]
    [InlineData("mlx_llama_qv")]
    [InlineData("mlx_llama_dora")]
    [InlineData("unsloth_llama")]
    public void Agrees_with_the_oracle_on_changed_tensors(string name)
    {
        FixtureCase fixture = Fixtures.Case(name);
        foreach (Action<AdapterCopy> change in Changes)
        {
            using AdapterCopy copy = AdapterCopy.Of(fixture);
            change(copy);
            Assert.Equal(string.Empty, string.Join('\n', Compare(copy.Save(), fixture, _ => false)));
        }

        Assert.Equal(14, Changes.Length);
    }

    private static Action<AdapterCopy>[] Changes { get; } =
    [
        copy => copy.Tensors.Remove(Q1 + ".lora_a"),
        copy => copy.Tensors.Remove(Q1 + ".lora_b"),
        copy => copy.Tensors.Remove(Q1 + ".m"),
        copy => { copy.Tensors.Remove(Q1 + ".lora_a"); copy.Tensors.Remove(Q1 + ".lora_b"); copy.Tensors.Remove(Q1 + ".m"); },
        copy => copy.Put(Q1 + ".m", DenseArray.Zeros(64)),
        copy => copy.Put("model.norm.weight", DenseArray.Zeros(64)),
        copy => copy.Put("model.layers.1.self_attn.q_proj.weight", DenseArray.Zeros(64, 64)),
        copy => copy.Put("nothing.weight", DenseArray.Zeros(64)),
        copy => copy.Put("model.layers.7.self_attn.q_proj.lora_a", DenseArray.Zeros(64, 8)),
        copy => copy.Put(Q1 + ".lora_a.0", DenseArray.Zeros(64, 8)),
        copy => copy.Put(Q1 + ".lora_a", DenseArray.Zeros(8, 64)),
        copy => copy.Put(Q1 + ".lora_a", DenseArray.Zeros(64, 3)),
        copy => copy.Put("lm_head.lora_a", DenseArray.Zeros(64, 8)),
        copy => copy.Tensors[Q1 + ".lora_a"] = new OracleTensor(Q1 + ".lora_a", "F64", [64, 8], new double[512], new byte[4096]),
    ];

    private static IEnumerable<string> Compare(string folder, FixtureCase fixture, Func<string, bool> mayLoad)
    {
        foreach (string reader in MlxReaders)
        {
            ReaderReport report = ReaderRun.Load(folder, reader, fixture);
            CheckResult result = ReaderRun.Check(folder, reader, ReaderRun.BaseFor(reader, fixture));
            if (ReaderRun.VerdictOf(report) != result.Verdict && !(mayLoad(reader) && result.Verdict == CheckVerdict.Loads))
            {
                yield return $"{reader}: oracle {ReaderRun.VerdictOf(report)} ({report}), check {result.Verdict} ({string.Join("; ", result.Findings)})";
            }
        }
    }
}
