using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>Random adapters that PEFT 0.21 wrote under transformers 5.17: <c>all-linear</c> beside a router, and a head with a bias.</summary>
public class GeneratedAdapterTests
{
    private static readonly string Root = Path.Combine(Fixtures.Root, "generated");

    public static TheoryData<string> Cases { get; } = new(
        Directory.EnumerateDirectories(Root).Select(folder => Path.GetFileName(folder)!).Where(name => name != "bases").Order());

    private static (FixtureCase Case, string BaseFolder) Find(string name)
    {
        FixtureCase found = FixtureCase.Read(Path.Combine(Root, name));
        return (found, Path.Combine(Root, "bases", found.Base));
    }

    [Fact]
    public void There_are_five() => Assert.Equal(5, Cases.Count);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Changes_the_model_in_mlx_lm_as_before(string name)
    {
        (FixtureCase fixture, string baseFolder) = Find(name);
        HfBase hfBase = HfBase.Load(baseFolder);
        using var folder = new TemporaryFolder();
        Dictionary<string, OracleDelta> meant = PeftOracle.Read(fixture.AdapterFolder, hfBase).Deltas.ToDictionary(StringComparer.Ordinal);
        if (hfBase.ModelType == "deepseek_v3")
        {
            // MLX adapts neither DeepSeek's router nor kv_b_proj; the rest converts where that is allowed.
            Run.MustRefuse(fixture.AdapterFolder, TargetProfile.MlxLm, folder["refused"], ["TF4011"], baseFolder);
            foreach (string path
                in meant.Keys.Where(
                    path => path.EndsWith(".kv_b_proj.weight", StringComparison.Ordinal) || path.EndsWith(".mlp.gate.weight", StringComparison.Ordinal))
                    .ToArray())
            {
                meant.Remove(path);
            }
        }

        Run.MustConvert(fixture.AdapterFolder, TargetProfile.MlxLm, folder["mlx"], baseFolder, new ConversionOptions { Allowed = ["TF4011"] });
        ReaderReport loaded = MlxLmLoader.Load(folder["mlx"], MlxBase.Of(hfBase));
        Assert.Empty(loaded.Complaints);
        AdapterEquivalence.AssertSame(meant, loaded.Applied, hfBase, 2e-7);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Comes_back_to_peft_with_the_same_changes(string name)
    {
        (FixtureCase fixture, string baseFolder) = Find(name);
        HfBase hfBase = HfBase.Load(baseFolder);
        using var folder = new TemporaryFolder();
        ConversionResult kept = Run.MustConvert(fixture.AdapterFolder, TargetProfile.Peft, folder["peft"], baseFolder);
        Assert.DoesNotContain(kept.Findings, finding => finding.Severity == Severity.Error);
        IReadOnlyDictionary<string, OracleDelta> meant = PeftOracle.Read(fixture.AdapterFolder, hfBase).Deltas;
        IReadOnlyDictionary<string, OracleDelta> written = PeftOracle.Read(folder["peft"], hfBase).Deltas;
        Assert.Equal(meant.Keys.Order(), written.Keys.Order());
        Assert.All(meant, item => Assert.InRange(DeltaComparison.Of(written[item.Key].Delta, item.Value.Delta).RelativeError, 0, 0));
    }

    // The Oracle's own reading of these configs is held against what PEFT computed.
    [Theory]
    [InlineData("mixtral_32_6")]
    [InlineData("qwen3_moe_41_3")]
    [InlineData("deepseek_v3_10_0")]
    public void The_oracle_reads_it_as_peft_does(string name)
    {
        (FixtureCase fixture, string baseFolder) = Find(name);
        DenseArray expected = fixture.Expected["logits_adapter"].ToArray();
        double shift = DeltaComparison.Of(fixture.Expected["logits_base"].ToArray(), expected).MaximumDifference;
        DenseArray logits = LogitsOracle.OfPeft(fixture.AdapterFolder, HfBase.Load(baseFolder), fixture.InputIds);
        Assert.InRange(DeltaComparison.Of(logits, expected).MaximumDifference, 0, 1e-4 * shift);
    }
}
