using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Stages.Write;

/// <summary>There and back gives the same tensor bytes and scales, where nothing was folded, padded or fused.</summary>
public class RoundTripTests
{
    public static TheoryData<string> FromPeft { get; } = new(
        "llama_qv", "llama_all_linear", "llama_rslora", "llama_regex_target", "llama_layers_subset", "llama_named_adapter", "llama_bf16", "llama_fp16",
        "llama_bf16_factors", "llama_fp16_factors", "qwen2_all", "qwen3_all", "llama_dora", "gpt2_conv1d", "gemma3_all", "phi3_fused", "mixtral_attn",
        "mixtral_params", "qwen3_moe_params", "gpt_oss_params");

    public static TheoryData<string> FromMlx { get; } = new(
        "mlx_llama_qv", "mlx_llama_default_keys", "mlx_llama_bf16", "swift_llama", "mlx_llama_dora", "mlx_llama_head_embed", "mlx_gemma3", "mlx_phi3");

    [Theory]
    [MemberData(nameof(FromPeft))]
    public void Peft_to_mlx_and_back_keeps_every_byte(string name)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using var folder = new TemporaryFolder();
        Run.MustConvert(fixture.AdapterFolder, TargetProfile.MlxLm, folder["mlx"], fixture.BaseFolder);
        Run.MustConvert(folder["mlx"], TargetProfile.Peft, folder["back"], fixture.BaseFolder);

        AssertSameTensors(Path.Combine(fixture.AdapterFolder, "adapter_model.safetensors"), Path.Combine(folder["back"], "adapter_model.safetensors"));
    }

    [Theory]
    [MemberData(nameof(FromMlx))]
    public void Mlx_to_peft_and_back_keeps_every_byte(string name)
    {
        FixtureCase fixture = Fixtures.Case(name);
        string hfBase = Fixtures.HfBaseFolder(fixture.Architecture);
        using var folder = new TemporaryFolder();
        Run.MustConvert(fixture.AdapterFolder, TargetProfile.Peft, folder["peft"], hfBase);
        Run.MustConvert(folder["peft"], TargetProfile.MlxLm, folder["back"], hfBase);

        AssertSameTensors(Path.Combine(fixture.AdapterFolder, "adapters.safetensors"), Path.Combine(folder["back"], "adapters.safetensors"));
        Assert.Equal(
            (float)fixture.Json.GetNumber("scale", double.NaN), (float)MlxScale.Of(OracleJson.Read(Path.Combine(folder["back"], "adapter_config.json"))));
    }

    [Fact]
    public void Two_runs_write_the_same_bytes()
    {
        FixtureCase fixture = Fixtures.Case("qwen3_moe_params");
        using var folder = new TemporaryFolder();
        Run.MustConvert(fixture.AdapterFolder, TargetProfile.MlxLm, folder["one"], fixture.BaseFolder, new ConversionOptions { MaxDegreeOfParallelism = 1 });
        Run.MustConvert(fixture.AdapterFolder, TargetProfile.MlxLm, folder["two"], fixture.BaseFolder, new ConversionOptions { MaxDegreeOfParallelism = 4 });

        foreach (string file in Directory.EnumerateFiles(folder["one"]).Select(Path.GetFileName)!)
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(folder["one"], file)), File.ReadAllBytes(Path.Combine(folder["two"], file)));
        }
    }

    private static void AssertSameTensors(string expected, string actual)
    {
        IReadOnlyDictionary<string, OracleTensor> left = OracleSafetensors.Read(expected);
        IReadOnlyDictionary<string, OracleTensor> right = OracleSafetensors.Read(actual);
        Assert.Equal(left.Keys.Order(StringComparer.Ordinal), right.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, OracleTensor tensor) in left)
        {
            Assert.Equal(tensor.DType, right[name].DType);
            Assert.Equal(tensor.Shape, right[name].Shape);
            Assert.True(tensor.Bytes.AsSpan().SequenceEqual(right[name].Bytes), name);
        }
    }
}
