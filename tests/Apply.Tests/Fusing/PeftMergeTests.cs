using Transfuse.Apply.Fusing;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Fusing;

/// <summary>
/// Adapters that PEFT wrote, merged into bases in Hugging Face layout, against PEFT's recorded changes and the Oracle's merge in double precision.
/// </summary>
public class PeftMergeTests
{
    // PEFT refuses it too: layers of the base have no bias.
    private const string NotMergeable = "llama_lora_bias";

    public static TheoryData<string> Cases { get; } = [.. Fixtures.PeftCases.Select(fixture => fixture.Name).Where(name => name != NotMergeable)];

    [Fact]
    public void There_are_38_cases() => Assert.Equal(38, Cases.Count);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Base_in_float32_changes_as_recorded_and_as_the_oracle_says(string name)
    {
        using var folder = new TemporaryFolder();
        FixtureCase fixture = Fixtures.Case(name);
        string model = Merge.InFloat32(fixture.BaseFolder, folder["base"]);
        Merge.Succeed(model, folder["out"], null, fixture.AdapterFolder);
        HfBase hf = HfBase.Fixture(fixture.Base);

        IReadOnlyDictionary<string, DenseArray> merged = Runtime(hf, Merge.Weights(folder["out"]));
        Dictionary<string, DenseArray> expected = Expected(fixture, hf);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), merged.Keys.Order(StringComparer.Ordinal));
        foreach ((string parameter, DenseArray exact) in expected)
        {
            DeltaComparison.AssertClose(merged[parameter], exact, 1.2e-7, parameter);
        }

        foreach ((string parameter, DenseArray delta) in fixture.ExpectedDeltas)
        {
            DenseArray change = Dense.Add(merged[parameter], Dense.Negate(hf.Weights[parameter]));
            DeltaComparison.AssertClose(change, delta, fixture.ComputeDType == "float32" ? 3e-6 : 2e-2, $"delta.{parameter}");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Base_in_bfloat16_is_rounded_once_and_the_rest_is_kept(string name)
    {
        using var folder = new TemporaryFolder();
        FixtureCase fixture = Fixtures.Case(name);
        FusionResult result = Merge.Succeed(fixture.BaseFolder, folder["out"], null, fixture.AdapterFolder);
        HfBase hf = HfBase.Fixture(fixture.Base);
        Dictionary<string, OracleTensor> before = Merge.Weights(fixture.BaseFolder), after = Merge.Weights(folder["out"]);

        Merge.AssertRestIsKept(before, after, result.Weights.Select(weight => weight.Name).ToHashSet());
        Assert.Equal(before.Count, result.Weights.Length + result.Kept);
        IReadOnlyDictionary<string, DenseArray> merged = Runtime(hf, after);
        foreach ((string parameter, DenseArray exact) in Expected(fixture, hf))
        {
            Merge.AssertRoundedOnce(OracleTensor.Of(parameter, merged[parameter], "BF16"), hf.Weights[parameter], exact, parameter);
        }
    }

    [Fact]
    public void Refuses_biases_of_layers_that_have_none()
    {
        using var folder = new TemporaryFolder();
        FixtureCase fixture = Fixtures.Case(NotMergeable);

        FusionResult result = Merge.Run(fixture.BaseFolder, folder["out"], null, fixture.AdapterFolder);

        Assert.Equal(["TF6012", "TF6012", "TF6012"], result.Findings.Select(finding => finding.Code.Id));
        Assert.Equal("base_model.model.model.layers.0.self_attn.o_proj.lora_B.bias", result.Findings[0].Subject);
        Assert.False(Path.Exists(folder["out"]));
    }

    private static IReadOnlyDictionary<string, DenseArray> Runtime(HfBase hf, Dictionary<string, OracleTensor> weights) =>
        HfRuntimeLayout.FromCheckpoint(hf.ModelType, weights.ToDictionary(weight => weight.Key, weight => weight.Value.ToArray(), StringComparer.Ordinal));

    private static Dictionary<string, DenseArray> Expected(FixtureCase fixture, HfBase hf)
    {
        if (fixture.PeftType is "LORA" or "")
        {
            Dictionary<string, DenseArray> merged = PeftOracle.Read(fixture.AdapterFolder, hf).MergeInto(PerExpert(fixture, hf.Weights));
            return hf.Weights.ContainsKey(TiedHeadName)
                ? Packed(fixture, hf, merged)
                : Packed(fixture, hf, merged.Where(weight => weight.Key != TiedHeadName).ToDictionary());
        }

        var all = new Dictionary<string, DenseArray>(hf.Weights, StringComparer.Ordinal);
        foreach ((string path, OracleDelta delta)
            in PeftMethods.Read(OracleJson.Read(Path.Combine(fixture.AdapterFolder, "adapter_config.json")), PeftFiles.ReadTensors(fixture.AdapterFolder), hf))
        {
            all[path] = delta.ApplyTo(all[path]);
        }

        return all;
    }

    private const string TiedHeadName = "lm_head.weight";

    // Adapters of single experts are read on the weights as transformers 4 had them.
    private static IReadOnlyDictionary<string, DenseArray> PerExpert(FixtureCase fixture, IReadOnlyDictionary<string, DenseArray> weights) =>
        fixture.Name.EndsWith("_per_expert", StringComparison.Ordinal)
? OracleSafetensors.Read(Path.Combine(fixture.BaseFolder, "model.safetensors")).ToDictionary(
    weight => weight.Key, weight => weight.Value.ToArray(), StringComparer.Ordinal)
            : weights;

    private static Dictionary<string, DenseArray> Packed(FixtureCase fixture, HfBase hf, Dictionary<string, DenseArray> merged) =>
        fixture.Name.EndsWith("_per_expert", StringComparison.Ordinal) ? new(HfRuntimeLayout.FromCheckpoint(hf.ModelType, merged)) : merged;
}
