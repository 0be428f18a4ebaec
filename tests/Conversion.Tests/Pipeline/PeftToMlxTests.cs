using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>Adapters that PEFT wrote, converted for mlx-lm, against the Oracle's reading of both folders, mlx-lm's rules, and the recorded logits.</summary>
public class PeftToMlxTests
{
    // Folding a scale rounds each value of B once.
    private const double Folded = 2e-7;

    public static TheoryData<string> Convertible { get; } = new(
        "llama_qv", "llama_all_linear", "llama_rslora", "llama_regex_target", "llama_layers_subset", "llama_named_adapter", "llama_bf16", "llama_fp16",
        "llama_bf16_factors", "llama_fp16_factors", "qwen2_all", "qwen3_all", "llama_dora", "llama_embed", "llama_lm_head", "llama_rank_pattern",
        "llama_bin_legacy", "llama_bin_nonzip", "gpt2_conv1d", "gemma3_all", "phi3_fused", "mixtral_attn", "mixtral_params", "mixtral_params_ranks",
        "mixtral_per_expert", "qwen3_moe_params", "qwen3_moe_square_alone", "qwen3_moe_per_expert", "gpt_oss_params");

    public static TheoryData<string, string> Refused { get; } = new()
    {
        { "llama_bias_lora_only", "TF2302" },
        { "llama_lora_bias", "TF2303" },
        { "llama_modules_to_save", "TF2301" },
        { "llama_trainable_tokens", "TF2306" },
        { "deepseek_v3_attn", "TF4011" },
    };

    [Fact]
    public void Covers_every_lora_fixture() => Assert.Equal(
        Fixtures.PeftCases.Where(fixture => fixture.PeftType == "LORA").Select(fixture => fixture.Name).Order(),
        Convertible.Select(row => row.Data).Concat(Refused.Select(row => row.Data.Item1)).Order());

    [Theory]
    [MemberData(nameof(Convertible))]
    public void Changes_the_model_as_before(string name)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using var folder = new TemporaryFolder();
        Run.MustConvert(fixture.AdapterFolder, TargetProfile.MlxLm, folder["mlx"], fixture.BaseFolder);

        HfBase hfBase = HfBase.Fixture(fixture.Base);
        MlxBase mlxBase = MlxBase.Fixture(fixture.Base);
        ReaderReport loaded = MlxLmLoader.Load(folder["mlx"], mlxBase);
        Assert.Empty(loaded.Complaints);
        AdapterEquivalence.AssertSame(PeftOracle.Read(fixture.AdapterFolder, hfBase).Deltas, loaded.Applied, hfBase, Folded);
    }

    [Theory]
    [MemberData(nameof(Convertible))]
    public void Gives_the_recorded_logits(string name)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using var folder = new TemporaryFolder();
        Run.MustConvert(fixture.AdapterFolder, TargetProfile.MlxLm, folder["mlx"], fixture.BaseFolder);

        DenseArray logits = LogitsOracle.OfMlx(folder["mlx"], MlxBase.Fixture(fixture.Base), fixture.InputIds);
        DenseArray expected = fixture.Expected["logits_adapter"].ToArray();
        double shift = DeltaComparison.Of(fixture.Expected["logits_base"].ToArray(), expected).MaximumDifference;
        double tolerance = fixture.ComputeDType switch { "bfloat16" => 3e-2, "float16" => 4e-3, _ => 1e-4 };
        Assert.InRange(DeltaComparison.Of(logits, expected).MaximumDifference, 0, tolerance * shift);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Refuses_what_mlx_has_no_slot_for(string name, string code)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using var folder = new TemporaryFolder();
        Run.MustRefuse(fixture.AdapterFolder, TargetProfile.MlxLm, folder["mlx"], [code], fixture.BaseFolder);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Drops_knowingly_what_is_allowed(string name, string code)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using var folder = new TemporaryFolder();
        ConversionResult result = Run.MustConvert(
            fixture.AdapterFolder, TargetProfile.MlxLm, folder["mlx"], fixture.BaseFolder, new ConversionOptions { Allowed = [code] });

        Assert.Contains(result.Findings, finding => finding.Code.Id == code && finding.Severity == Severity.Warning);
        Assert.Empty(MlxLmLoader.Load(folder["mlx"], MlxBase.Fixture(fixture.Base)).Complaints);
    }

    [Theory]
    [InlineData("llama_embed", "TF2304", "TF5006")]
    [InlineData("llama_lm_head", "TF2304")]
    public void Refuses_saved_embeddings_without_a_base_to_compare_with(string name, params string[] codes)
    {
        using var folder = new TemporaryFolder();
        Run.MustRefuse(Fixtures.Case(name).AdapterFolder, TargetProfile.MlxLm, folder["mlx"], codes);
    }

    [Fact]
    public void Refuses_a_saved_embedding_that_differs_from_the_base()
    {
        using AdapterCopy changed = AdapterCopy.Of(Fixtures.Case("llama_embed"));
        OracleTensor embedding = changed.Tensors["base_model.model.model.embed_tokens.base_layer.weight"];
        double[] values = [.. embedding.Values];
        values[5] += 1;
        changed.Put(embedding.Name, new DenseArray(embedding.Shape, values));
        using var folder = new TemporaryFolder();
        ConversionResult otherValues = Run.MustRefuse(changed.Save(), TargetProfile.MlxLm, folder["mlx"], ["TF2304"], Fixtures.HfBaseFolder("llama"));
        Assert.Contains(otherValues.Findings, finding => finding.Message.Contains("has other values there", StringComparison.Ordinal));

        changed.Put(embedding.Name, DenseArray.Zeros(embedding.Shape[0] + 3, embedding.Shape[1]));
        ConversionResult otherShape = Run.MustRefuse(changed.Save(), TargetProfile.MlxLm, folder["mlx"], ["TF2304"], Fixtures.HfBaseFolder("llama"));
        Assert.Contains(
            otherShape.Findings,
            finding =>
                finding.Message.StartsWith("F32 (115, 64); ", StringComparison.Ordinal)
                    && finding.Message.Contains("(112, 64) there", StringComparison.Ordinal));
    }
}
