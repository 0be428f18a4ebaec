using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>
/// Adapters that MLX programs wrote, converted for PEFT, against the Oracle's reading of both folders, PEFT's loader's rules, and the recorded logits.
/// </summary>
public class MlxToPeftTests
{
    public static TheoryData<string, string?> Convertible { get; } = new()
    {
        { "mlx_llama_qv", null },
        { "mlx_llama_default_keys", null },
        { "mlx_llama_bf16", null },
        { "swift_llama", null },
        { "mlx_llama_dora", null },
        { "mlx_llama_head_embed", null },
        { "mlx_llama_q4", null },
        { "mlx_llama_q8_dora", null },
        { "mlx_llama_mxfp4", null },
        { "mlx_qwen3_moe_switch", null },
        { "mlx_qwen3_moe_q4", null },
        { "mlx_mixtral_switch", null },
        { "mlx_gpt_oss_experts", null },
        { "mlx_deepseek_v3", null },
        { "mlx_gemma3", null },
        { "mlx_phi3", null },
        { "unsloth_llama", null },
        { "unsloth_qwen3_moe", null },
        { "legacy_checkpoints_only", null },
        { "legacy_lora_layers", null },
        { "legacy_npz", null },
        { "legacy_switch_2d", null },
        { "legacy_alpha_ambiguous", "mlx-lm@0.16.0" },
    };

    // The base's transformers form is that of the fixture without its quantization.
    private static string HfBaseOf(FixtureCase fixture) => Fixtures.HfBaseFolder(fixture.Architecture);

    private static ConversionOptions OptionsFor(string? producer) => new() { Producer = producer is null ? null : MlxProducer.Parse(producer) };

    [Theory]
    [MemberData(nameof(Convertible))]
    public void Changes_the_model_as_before(string name, string? producer)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using var folder = new TemporaryFolder();
        Run.MustConvert(fixture.AdapterFolder, TargetProfile.Peft, folder["peft"], HfBaseOf(fixture), OptionsFor(producer));

        HfBase hfBase = HfBase.Fixture(fixture.Architecture);
        MlxBase mlxBase = MlxBase.Fixture(fixture.Base);
        ReaderReport loaded = PeftLoader.Load(folder["peft"], hfBase);
        Assert.Empty(loaded.Complaints);
        MlxReading source = MlxOracle.Read(fixture.AdapterFolder, mlxBase.IsEmbedding, fixture.Json.GetNumber("scale", double.NaN));
        AdapterEquivalence.AssertSame(loaded.Applied, source.Deltas, hfBase, 1e-12);
    }

    [Theory]
    [MemberData(nameof(Convertible))]
    public void Gives_the_recorded_logits(string name, string? producer)
    {
        FixtureCase fixture = Fixtures.Case(name);
        if (MlxBase.Fixture(fixture.Base).Quantized)
        {
            // Recorded on the quantized base, which transformers does not have.
            return;
        }

        using var folder = new TemporaryFolder();
        Run.MustConvert(fixture.AdapterFolder, TargetProfile.Peft, folder["peft"], HfBaseOf(fixture), OptionsFor(producer));
        DenseArray logits = LogitsOracle.OfPeft(folder["peft"], HfBase.Fixture(fixture.Architecture), fixture.InputIds);
        DenseArray expected = fixture.Expected["logits_adapter"].ToArray();
        double shift = DeltaComparison.Of(fixture.Expected["logits_base"].ToArray(), expected).MaximumDifference;
        Assert.InRange(DeltaComparison.Of(logits, expected).MaximumDifference, 0, 1e-4 * shift);
    }

    [Fact]
    public void Refuses_whole_weights()
    {
        using var folder = new TemporaryFolder();
        Run.MustRefuse(Fixtures.Case("mlx_llama_full").AdapterFolder, TargetProfile.Peft, folder["peft"], ["TF3507"], Fixtures.HfBaseFolder("llama"));
    }

    [Theory]
    [InlineData("legacy_alpha_ambiguous")]
    [InlineData("vlm_legacy")]
    public void Asks_where_the_scale_is_ambiguous(string name)
    {
        using var folder = new TemporaryFolder();
        Run.MustRefuse(Fixtures.Case(name).AdapterFolder, TargetProfile.Peft, folder["peft"], ["TF3502"], Fixtures.HfBaseFolder("llama"));
    }
}
