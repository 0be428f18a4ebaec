using Transfuse.Apply.Fusing;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Fusing;

/// <summary>
/// Adapters of one program on bases in the other's layout: the same change as on their own, by the Oracle's own mapping of names and experts.
/// </summary>
public class CrossLayoutTests
{
    // MLX holds kv_b_proj as two weights per head, one of them turned around.
    private const string NoCounterpart = "deepseek_v3_attn";

    public static TheoryData<string> Peft { get; } =
    [
        .. Fixtures.PeftCases.Where(fixture => Directory.Exists(Fixtures.MlxBaseFolder(fixture.Base)) && fixture.Name is not NoCounterpart)
            .Select(fixture => fixture.Name),
    ];

    public static TheoryData<string> Mlx { get; } =
    [
        .. Fixtures.MlxCases.Where(
            fixture => fixture.Base == fixture.Architecture && fixture.Name is not ("mlx_llama_full" or "legacy_alpha_ambiguous" or "vlm_legacy"))
            .Select(fixture => fixture.Name),
    ];

    [Fact]
    public void There_are_33_and_18_cases() => Assert.Equal((33, 18), (Peft.Count, Mlx.Count));

    [Theory]
    [MemberData(nameof(Peft))]
    public void Peft_adapter_changes_a_base_of_mlx_as_its_own(string name)
    {
        using var folder = new TemporaryFolder();
        FixtureCase fixture = Fixtures.Case(name);
        Dictionary<string, DenseArray> own = Changes(Merge.InFloat32(fixture.BaseFolder, folder["own"]), folder["own-out"], fixture);
        Dictionary<string, DenseArray> other = Changes(Merge.InFloat32(Fixtures.MlxBaseFolder(fixture.Base), folder["mlx"]), folder["mlx-out"], fixture);
        HfBase hf = HfBase.Fixture(fixture.Base);

        // Experts that are not adapted stay as they are on both sides.
        IReadOnlyDictionary<string, DenseArray> runtime = HfRuntimeLayout.FromCheckpoint(hf.ModelType, Filled(own, hf, fixture));
        Dictionary<string, DenseArray> expected = new HubMapping(hf.ModelType, hf.Experts).ToMlx(
            runtime.Where(change => change.Key.EndsWith(".weight", StringComparison.Ordinal) || change.Value.Rank == 3).ToDictionary()).Deltas
            .Where(change => change.Value.Values.Any(value => value != 0)).ToDictionary(change => change.Key + ".weight", change => change.Value);
        AssertSame(expected, other.Where(change => change.Key.EndsWith(".weight", StringComparison.Ordinal)).ToDictionary());
    }

    [Theory]
    [MemberData(nameof(Mlx))]
    public void Mlx_adapter_changes_a_base_of_hugging_face_as_its_own(string name)
    {
        using var folder = new TemporaryFolder();
        FixtureCase fixture = Fixtures.Case(name);
        Dictionary<string, DenseArray> own = Changes(Merge.InFloat32(fixture.BaseFolder, folder["own"]), folder["own-out"], fixture);
        Dictionary<string, DenseArray> other = Changes(Merge.InFloat32(Fixtures.HfBaseFolder(fixture.Base), folder["hf"]), folder["hf-out"], fixture);
        HfBase hf = HfBase.Fixture(fixture.Base);

        IReadOnlyDictionary<string, DenseArray> runtime = HfRuntimeLayout.FromCheckpoint(hf.ModelType, Filled(other, hf, fixture));
        Dictionary<string, DenseArray> mapped = new HubMapping(hf.ModelType, hf.Experts).ToMlx(runtime).Deltas
            .Where(change => change.Value.Values.Any(value => value != 0)).ToDictionary(change => change.Key + ".weight", change => change.Value);
        AssertSame(own, mapped);
    }

    [Fact]
    public void Peft_adapter_on_kv_b_proj_is_refused_for_a_base_of_mlx()
    {
        using var folder = new TemporaryFolder();
        FixtureCase fixture = Fixtures.Case(NoCounterpart);

        FusionResult result = Merge.Run(Fixtures.MlxBaseFolder(fixture.Base), folder["out"], null, fixture.AdapterFolder);

        Assert.Contains(result.Findings, finding => finding.Code.Id == "TF4011" && finding.Subject == "model.layers.0.self_attn.kv_b_proj");
        Assert.False(Path.Exists(folder["out"]));
    }

    private static Dictionary<string, DenseArray> Changes(string model, string output, FixtureCase fixture)
    {
        Merge.Succeed(model, output, null, fixture.AdapterFolder);
        Dictionary<string, OracleTensor> before = Merge.Weights(model), after = Merge.Weights(output);
        return after.Where(tensor => !tensor.Value.Bytes.AsSpan().SequenceEqual(before[tensor.Key].Bytes))
            .ToDictionary(
                tensor => tensor.Key, tensor => Dense.Add(tensor.Value.ToArray(), Dense.Negate(before[tensor.Key].ToArray())), StringComparer.Ordinal);
    }

    // The changes with zeros for the tensors of the same files that did not change.
    private static Dictionary<string, DenseArray> Filled(Dictionary<string, DenseArray> changes, HfBase hf, FixtureCase fixture)
    {
        Dictionary<string, DenseArray> all = OracleSafetensors.Read(Path.Combine(Fixtures.HfBaseFolder(fixture.Base), "model.safetensors"))
            .ToDictionary(tensor => tensor.Key, tensor => DenseArray.Zeros(tensor.Value.Shape), StringComparer.Ordinal);
        foreach ((string name, DenseArray change) in changes)
        {
            all[name] = change;
        }

        Assert.True(all.Count > 0, hf.ModelType);
        return all;
    }

    private static void AssertSame(Dictionary<string, DenseArray> expected, Dictionary<string, DenseArray> actual)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        Assert.NotEmpty(expected);
        foreach ((string name, DenseArray change) in expected)
        {
            DeltaComparison.AssertClose(actual[name], change, 3e-6, name);
        }
    }
}
