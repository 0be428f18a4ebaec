using Transfuse.Conversion.Checking;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Checking;

/// <summary>PEFT folders changed in one place each, before every reader of PEFT folders, against the Oracle's loaders.</summary>
public class DamagedPeftFolderTests
{
    private const string Prefix = "base_model.model.";
    private const string Q0 = Prefix + "model.layers.0.self_attn.q_proj";

    private static readonly string[] PeftReaders = ["peft", "vllm", "sglang", "mlx-swift"];

    public static TheoryData<string, string, string?> Fields { get; } = new(
        from fixture in new[] { "llama_qv", "llama_rank_pattern", "llama_dora", "mixtral_params", "mixtral_per_expert", "qwen3_moe_params", "llama_embed", "deepseek_v3_attn" }
        from change in new (string, string?)[]
        {
            ("peft_type", null), ("peft_type", "\"lora\""), ("peft_type", "\"IA3\""), ("task_type", "\"CHAT\""), ("task_type", "null"),
            ("r", null), ("r", "4"), ("r", "64"), ("r", "0"), ("r", "-1"), ("r", "\"8\""),
            ("lora_alpha", null), ("lora_alpha", "3"), ("lora_alpha", "\"16\""), ("lora_alpha", "0"),
            ("lora_dropout", "0.1"), ("lora_dropout", "1.5"),
            ("target_modules", "[\"nothing\"]"), ("target_modules", "[\"q_proj\"]"), ("target_modules", "[\"q_proj\", \"v_proj\", \"k_proj\"]"), ("target_modules", "[\"self_attn\"]"),
            ("target_modules", "\"q_proj\""), ("target_modules", "\".*(q|v)_proj\""), ("target_modules", "\"all-linear\""), ("target_modules", "\"(\""), ("target_modules", "[]"),
            ("target_parameters", "\"mlp.experts.down_proj\""), ("target_parameters", "[\"mlp.experts.down_proj\"]"),
            ("use_rslora", "true"), ("use_dora", "true"), ("use_dora", "false"), ("bias", "\"all\""), ("bias", "\"some\""),
            ("modules_to_save", "[\"lm_head\"]"), ("rank_pattern", "{\"q_proj\": 4}"), ("alpha_pattern", "{\"q_proj\": 64}"), ("alpha_pattern", "{\"q_proj\": 16}"),
            ("layers_to_transform", "[0]"), ("layers_pattern", "\"layers\""), ("exclude_modules", "[\"q_proj\"]"),
            ("init_lora_weights", "\"pissa_niter_4\""), ("init_lora_weights", "\"nonsense\""), ("init_lora_weights", "false"),
            ("lora_bias", "true"), ("trainable_token_indices", "[1, 2]"), ("fan_in_fan_out", "true"),
        }
        select (fixture, change.Item1, change.Item2));

    [Theory]
    [MemberData(nameof(Fields))]
    public void Agrees_with_the_oracle_on_a_changed_field(string name, string path, string? json)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using AdapterCopy copy = AdapterCopy.Of(fixture);
        copy.Set(path, json);
        AgreeOnAll(copy.Save(), fixture);
    }

    [Theory]
    [InlineData("llama_qv")]
    [InlineData("llama_dora")]
    public void Agrees_with_the_oracle_on_changed_tensors(string name)
    {
        FixtureCase fixture = Fixtures.Case(name);
        foreach (Action<AdapterCopy> change in Changes)
        {
            using AdapterCopy copy = AdapterCopy.Of(fixture);
            change(copy);
            AgreeOnAll(copy.Save(), fixture);
        }
    }

    private static Action<AdapterCopy>[] Changes { get; } =
    [
        copy => copy.Tensors.Remove(Q0 + ".lora_A.weight"),
        copy => copy.Tensors.Remove(Q0 + ".lora_B.weight"),
        copy => copy.Tensors.Remove(Q0 + ".lora_magnitude_vector"),
        copy => copy.Put(Q0 + ".lora_B.bias", DenseArray.Zeros(64)),
        copy => copy.Put(Prefix + "lm_head.weight", DenseArray.Zeros(112, 64)),
        copy => copy.Put(Prefix + "lm_head.weight", DenseArray.Zeros(113, 64)),
        copy => copy.Put(Prefix + "model.layers.9.self_attn.q_proj.lora_A.weight", DenseArray.Zeros(8, 64)),
        copy => copy.Put(Prefix + "model.layers.0.self_attn.qq_proj.lora_A.weight", DenseArray.Zeros(8, 64)),
        copy => copy.Put(Q0 + ".lora_A.weight", DenseArray.Zeros(64, 8)),
        copy => copy.Put(Q0 + ".lora_A.weight", DenseArray.Zeros(3, 64)),
        copy => Rename(copy, name => name[Prefix.Length..]),
        copy => Rename(copy, name => name.Replace(".lora_A.weight", ".lora_A.default.weight", StringComparison.Ordinal)),
        copy => Rename(copy, name => Prefix + name),
    ];

    private static void Rename(AdapterCopy copy, Func<string, string> rename)
    {
        foreach (OracleTensor tensor in copy.Tensors.Values.ToList())
        {
            copy.Tensors.Remove(tensor.Name);
            string name = rename(tensor.Name);
            copy.Tensors[name] = tensor with { Name = name };
        }
    }

    private static void AgreeOnAll(string folder, FixtureCase fixture)
    {
        List<string> differences = [];
        foreach (string reader in PeftReaders)
        {
            ReaderReport report = Readers.Load(folder, reader, fixture);
            CheckResult result = Readers.Check(folder, reader, Readers.BaseFor(reader, fixture));
            if (Readers.VerdictOf(report) != result.Verdict)
            {
                differences.Add($"{reader}: oracle {Readers.VerdictOf(report)} ({report.ToString()[..Math.Min(180, report.ToString().Length)]}), check {result.Verdict} ({string.Join("; ", result.Findings.Take(3))})");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }
}
