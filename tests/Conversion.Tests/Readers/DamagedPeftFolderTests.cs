using Transfuse.Conversion.Checking;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Readers;

/// <summary>PEFT folders changed in one place each, before every reader of PEFT folders, against the Oracle's loaders.</summary>
public class DamagedPeftFolderTests
{
    private const string Prefix = "base_model.model.";
    private const string Q0 = Prefix + "model.layers.0.self_attn.q_proj";

    private static readonly string[] PeftReaders = ["peft", "vllm", "sglang", "mlx-swift"];

    /// <summary>Changes of a field: the path, the JSON that is put there (null removes it).</summary>
    private static readonly (string Path, string? Json)[] Fields =
    [
        ("peft_type", null), ("peft_type", "\"lora\""), ("peft_type", "\"IA3\""), ("task_type", "\"CHAT\""), ("task_type", "null"),
        ("r", null), ("r", "4"), ("r", "64"), ("r", "\"8\""), ("lora_alpha", null), ("lora_alpha", "3"), ("lora_alpha", "\"16\""), ("lora_alpha", "0"),
        ("lora_dropout", "0.1"), ("lora_dropout", "1.5"),
        ("target_modules", "[\"nothing\"]"), ("target_modules", "[\"q_proj\"]"), ("target_modules", "[\"q_proj\", \"v_proj\", \"k_proj\"]"),
        ("target_modules", "[\"self_attn\"]"),
        ("target_modules", "\"q_proj\""), ("target_modules", "\".*(q|v)_proj\""), ("target_modules", "\"all-linear\""), ("target_modules", "[]"),
        ("target_parameters", "[\"mlp.experts.down_proj\"]"),
        ("use_rslora", "true"), ("use_dora", "true"), ("use_dora", "false"), ("bias", "\"all\""), ("bias", "\"some\""),
        ("modules_to_save", "[\"lm_head\"]"), ("rank_pattern", "{\"q_proj\": 4}"), ("alpha_pattern", "{\"q_proj\": 64}"), ("alpha_pattern", "{\"q_proj\": 16}"),
        ("layers_to_transform", "[0]"), ("layers_pattern", "\"layers\""), ("exclude_modules", "[\"q_proj\"]"),
        ("init_lora_weights", "\"pissa_niter_4\""), ("init_lora_weights", "\"nonsense\""), ("init_lora_weights", "false"),
        ("lora_bias", "true"), ("trainable_token_indices", "[1, 2]"), ("fan_in_fan_out", "true"),
    ];

    /// <summary>Where the check knows more than the Oracle, which reads fields by what they should hold.</summary>
    private static readonly HashSet<(string Reader, string Path, string? Json)> Stricter =
    [
        ("peft", "bias", "\"some\""), ("peft", "init_lora_weights", "\"nonsense\""), ("peft", "lora_alpha", "\"16\""), ("peft", "lora_dropout", "1.5"),
        ("peft", "r", "\"8\""),

        // An alpha of 0 loads, and the adapter does nothing; a saved adapter has all that its list of targets names, so the Oracle's silence over missing keys
        // is a loss.
        ("peft", "lora_alpha", "0"), ("vllm", "lora_alpha", "0"), ("sglang", "lora_alpha", "0"), ("mlx-swift", "lora_alpha", "0"),
        ("peft", "target_modules", "[\"q_proj\", \"v_proj\", \"k_proj\"]"),

        // The decompositions need the weight of a module, which packed experts do not have.
        ("peft", "init_lora_weights", "\"pissa_niter_4\""),

        // PEFT's loader takes the rows of every wrapper from the file, and fails where they are missing.
        ("peft", "trainable_token_indices", "[1, 2]"),

        // Under "all-linear" PEFT counts gate and up among the targets, and doubles the rank of the experts, which these files have right already.
        ("peft", "target_modules", "\"all-linear\""),

        // Neither reader makes the residual that such an adapter belongs to; vLLM does not look at the method.
        ("mlx-swift", "init_lora_weights", "\"pissa_niter_4\""), ("vllm", "init_lora_weights", "\"pissa_niter_4\""), ("vllm", "peft_type", "\"IA3\""),

        // vLLM compares the last names of modules alone: a layer beyond the last is loaded, and never applied.
        ("vllm", "a layer too many", null),
    ];

    /// <summary>Where PEFT does more than the Oracle: other methods than LoRA, and strings resolved to the old names of experts.</summary>
    private static readonly HashSet<(string Reader, string Path, string? Json)> Milder =
    [
        ("peft", "peft_type", "\"IA3\""), ("peft", "target_modules", "\"all-linear\""),

        // vLLM takes the prefix away wherever it stands, and SGLang looks at the layer and the last names only.
        ("vllm", "no prefix", null), ("sglang", "no prefix", null), ("vllm", "the prefix twice", null), ("sglang", "the prefix twice", null),

        // SGLang looks for lora_A and lora_B anywhere in a name.
        ("sglang", "no .weight", null),
    ];

    [Theory]
    [InlineData("llama_qv")]
    [InlineData("llama_embed")]
    [InlineData("llama_rank_pattern")]
    [InlineData("mixtral_per_expert")]
    [InlineData("qwen3_moe_params")]
    [InlineData("deepseek_v3_attn")]
    public void Agrees_with_the_oracle_on_changed_fields(string name)
    {
        FixtureCase fixture = Fixtures.Case(name);
        List<string> differences = [];
        foreach ((string path, string? json) in Fields)
        {
            using AdapterCopy copy = AdapterCopy.Of(fixture);
            copy.Set(path, json);
            string folder = copy.Save();
            differences.AddRange(
                PeftReaders.Select(reader => Compare(folder, fixture, reader, path, json))
                    .OfType<string>()
                    .Select(difference => $"{path} {json}: {difference}"));
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [Theory]
    [InlineData("r", "0")]
    [InlineData("r", "-1")]
    [InlineData("target_modules", "\"(\"")]
    [InlineData("rank_pattern", "{\"q_proj(\": 4}")]
    public void No_reader_takes_nonsense(string path, string json)
    {
        FixtureCase fixture = Fixtures.Case("llama_qv");
        using AdapterCopy copy = AdapterCopy.Of(fixture);
        copy.Set(path, json);
        string folder = copy.Save();
        foreach (string reader in path == "r" ? PeftReaders : ["peft"])
        {
            Assert.NotEqual(CheckVerdict.Loads, ReaderRun.Check(folder, reader, ReaderRun.BaseFor(reader, fixture)).Verdict);
        }
    }

    [Theory]
    [InlineData("llama_qv")]
    [InlineData("llama_dora")]
    public void Agrees_with_the_oracle_on_changed_tensors(string name)
    {
        FixtureCase fixture = Fixtures.Case(name);
        foreach ((string change, Action<AdapterCopy> apply) in Changes)
        {
            using AdapterCopy copy = AdapterCopy.Of(fixture);
            apply(copy);
            string folder = copy.Save();
            string[] differences =
                [.. PeftReaders.Select(reader => Compare(folder, fixture, reader, change)).OfType<string>().Select(difference => $"{change}: {difference}")];
            Assert.True(differences is [], string.Join('\n', differences));
        }
    }

    private static (string Name, Action<AdapterCopy> Apply)[] Changes { get; } =
    [
        ("no magnitude", copy => copy.Tensors.Remove(Q0 + ".lora_magnitude_vector")),
        ("a bias of lora_B", copy => copy.Put(Q0 + ".lora_B.bias", DenseArray.Zeros(64))),
        ("a whole head", copy => copy.Put(Prefix + "lm_head.weight", DenseArray.Zeros(112, 64))),
        ("a layer too many", copy => PutPair(copy, "model.layers.9.self_attn.q_proj")),
        ("an unknown module", copy => PutPair(copy, "model.layers.0.self_attn.qq_proj")),
        ("a factor transposed", copy => copy.Put(Q0 + ".lora_A.weight", DenseArray.Zeros(64, 8))),
        ("a factor of another rank", copy => copy.Put(Q0 + ".lora_A.weight", DenseArray.Zeros(3, 64))),
        ("no prefix", copy => Rename(copy, name => name[Prefix.Length..])),
        ("the adapter's name left in", copy => Rename(copy, name => name.Replace(".lora_A.weight", ".lora_A.default.weight", StringComparison.Ordinal))),
        ("the prefix twice", copy => Rename(copy, name => Prefix + name)),
        ("the root twice", copy => Rename(copy, name => Prefix + "model." + name[Prefix.Length..])),
        ("no root", copy => Rename(copy, name => Prefix + name[(Prefix.Length + "model.".Length)..])),
        ("no .weight", copy => Rename(copy, name => name[..name.LastIndexOf('.')])),
    ];

    // PEFT wraps what the config and the model have; factors for layers beyond the last are unexpected keys, whatever their shapes.
    [Theory]
    [InlineData("qwen3_moe_params")]
    [InlineData("mixtral_params")]
    [InlineData("mixtral_params_ranks")]
    [InlineData("gpt_oss_params")]
    [InlineData("qwen3_moe_square_alone")]
    [InlineData("mixtral_per_expert")]
    public void Experts_of_layers_beyond_the_last_are_ignored(string name)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using AdapterCopy copy = AdapterCopy.Of(fixture);
        Rename(copy, tensor => string.Join('.', tensor.Split('.').Select(part => int.TryParse(part, out int number) ? $"{number + 50}" : part)));
        string[] shifted = [.. copy.Tensors.Keys.Where(tensor => tensor.Contains(".experts.", StringComparison.Ordinal))];
        CheckResult result = ReaderRun.Check(copy.Save(), "peft", ReaderRun.BaseFor("peft", fixture));
        Assert.Equal(CheckVerdict.LoadsWrongly, result.Verdict);
        Assert.DoesNotContain(result.Findings, finding => finding.Code.Id == "TF5509");
        Assert.NotEmpty(shifted);
        Assert.All(
            shifted,
            tensor => Assert.Contains(
                result.Findings, finding => finding.Code.Id == "TF5531" && tensor.Contains(finding.Subject.Split(".experts")[0], StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("peft", CheckVerdict.LoadsWrongly)]
    [InlineData("vllm", CheckVerdict.Fails)]
    [InlineData("sglang", CheckVerdict.LoadsWrongly)]
    [InlineData("mlx-swift", CheckVerdict.LoadsWrongly)]
    public void Half_pairs_are_no_adapters(string reader, CheckVerdict verdict)
    {
        FixtureCase fixture = Fixtures.Case("llama_qv");
        foreach (string factor in new[] { ".lora_A.weight", ".lora_B.weight" })
        {
            using AdapterCopy copy = AdapterCopy.Of(fixture);
            copy.Tensors.Remove(Q0 + factor);
            Assert.Equal(verdict, ReaderRun.Check(copy.Save(), reader, ReaderRun.BaseFor(reader, fixture)).Verdict);
        }
    }

    [Fact]
    public void A_head_of_another_size_is_refused()
    {
        FixtureCase fixture = Fixtures.Case("llama_modules_to_save");
        using AdapterCopy copy = AdapterCopy.Of(fixture);
        copy.Put(Prefix + "lm_head.weight", DenseArray.Zeros(113, 64));
        CheckResult result = ReaderRun.Check(copy.Save(), "peft", ReaderRun.BaseFor("peft", fixture));
        Assert.Contains(
            result.Findings,
            finding =>
                finding.Code.Id == "TF5509"
                    && finding.Message.Contains("size mismatch: (113, 64) in the file, (112, 64) in the model", StringComparison.Ordinal));
    }

    private static void PutPair(AdapterCopy copy, string module)
    {
        copy.Put($"{Prefix}{module}.lora_A.weight", DenseArray.Zeros(8, 64));
        copy.Put($"{Prefix}{module}.lora_B.weight", DenseArray.Zeros(64, 8));
    }

    private static void Rename(AdapterCopy copy, Func<string, string> rename)
    {
        foreach (OracleTensor tensor in copy.Tensors.Values.ToList())
        {
            copy.Tensors.Remove(tensor.Name);
            string name = rename(tensor.Name);
            copy.Tensors[name] = tensor with { Name = name };
        }
    }

    private static string? Compare(string folder, FixtureCase fixture, string reader, string path, string? json = null)
    {
        CheckResult result = ReaderRun.Check(folder, reader, ReaderRun.BaseFor(reader, fixture));
        if (TryLoad(folder, reader, fixture) is not { } report)
        {
            return result.Verdict == CheckVerdict.Loads ? $"{reader}: the factors do not even multiply, and check says that it loads" : null;
        }

        CheckVerdict expected = ReaderRun.VerdictOf(report);
        bool agrees = expected == result.Verdict
            || (Stricter.Contains((reader, path, json)) && result.Verdict > expected)
            || (Milder.Contains((reader, path, json)) && result.Verdict < expected)

            // A server that would load it wrongly by the Oracle may refuse it, and SGLang drops more than the Oracle knows.
            || (reader is "vllm" or "sglang" && expected == CheckVerdict.LoadsWrongly && result.Verdict == CheckVerdict.Fails)
            || (reader == "sglang" && result.Verdict > expected && IsSglangOwn(fixture, path));
        return agrees
            ? null
            : $"{reader}: oracle {expected} ({report.ToString()[..Math.Min(180, report.ToString().Length)]}), check {result.Verdict} "
                + $"({string.Join("; ", result.Findings.Take(3))})";
    }

    /// <summary>The Oracle's report, unless its arithmetic stumbles over the shapes.</summary>
    private static ReaderReport? TryLoad(string folder, string reader, FixtureCase fixture)
    {
        try
        {
            return ReaderRun.Load(folder, reader, fixture);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>SGLang drops packed experts and what target_modules does not name; it refuses patterns that change a value and DoRA.</summary>
    private static bool IsSglangOwn(FixtureCase fixture, string path) =>
        fixture.Name.Contains("params", StringComparison.Ordinal)
            || path is "target_modules" or "init_lora_weights" or "rank_pattern" or "alpha_pattern" or "use_dora" or "r" or "lora_alpha";
}
