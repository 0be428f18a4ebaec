using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Conversion.Verification;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Dialects.Peft.Methods;

/// <summary>Adapters of other methods that PEFT wrote, converted for mlx-lm, against the deltas and logits that PEFT recorded.</summary>
public class RecordedMethodsTests
{
    // Recorded as merged less base in float32: where the change is small against the weight, half a unit of the weight shows.
    private const double Rounding = 1e-6;

    public static TheoryData<string, int?, int> Convertible { get; } = new()
    {
        { "adalora", null, 6 },
        { "loha", null, 16 },
        { "lokr", 64, 64 },
        { "vera", null, 8 },
    };

    [Fact]
    public void Covers_every_fixture_of_another_method() => Assert.Equal(
        Fixtures.PeftCases.Where(fixture => fixture.PeftType != "LORA").Select(fixture => fixture.Name).Order(),
        Convertible.Select(row => row.Data.Item1).Append("ia3").Order());

    [Theory]
    [MemberData(nameof(Convertible))]
    public void Changes_the_weights_as_recorded(string name, int? maxRank, int rank)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using var folder = new TemporaryFolder();
        ConversionResult result = Run.MustConvert(
            fixture.AdapterFolder, TargetProfile.MlxLm, folder["mlx"], fixture.BaseFolder, new ConversionOptions { MaxRank = maxRank });
        Assert.Equal(rank, result.Target!.Modules.Max(module => module.Rank));

        HfBase hfBase = HfBase.Fixture(fixture.Base);
        ReaderReport loaded = MlxLmLoader.Load(folder["mlx"], MlxBase.Fixture(fixture.Base));
        Assert.Empty(loaded.Complaints);
        Assert.NotEmpty(fixture.ExpectedDeltas);
        foreach ((string parameter, DenseArray expected) in fixture.ExpectedDeltas)
        {
            DenseArray delta = loaded.Applied[parameter[..^".weight".Length]].Delta;
            DeltaComparison.AssertClose(delta, expected, Rounding, parameter);
        }

        // The layers that are not recorded, too.
        IReadOnlyDictionary<string, OracleDelta> all = PeftMethods.Read(
            OracleJson.Read(Path.Combine(fixture.AdapterFolder, "adapter_config.json")), PeftFiles.ReadTensors(fixture.AdapterFolder), hfBase);
        AdapterEquivalence.AssertSame(all, loaded.Applied, hfBase, 2e-7);
    }

    [Theory]
    [MemberData(nameof(Convertible))]
    public void Gives_the_recorded_logits(string name, int? maxRank, int rank)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using var folder = new TemporaryFolder();
        ConversionResult result = Run.MustConvert(
            fixture.AdapterFolder, TargetProfile.MlxLm, folder["mlx"], fixture.BaseFolder, new ConversionOptions { MaxRank = maxRank });
        Assert.Equal(rank, result.Target!.Modules.Max(module => module.Rank));

        DenseArray logits = LogitsOracle.OfMlx(folder["mlx"], MlxBase.Fixture(fixture.Base), fixture.InputIds);
        DenseArray expected = fixture.Expected["logits_adapter"].ToArray();
        double shift = DeltaComparison.Of(fixture.Expected["logits_base"].ToArray(), expected).MaximumDifference;
        Assert.InRange(DeltaComparison.Of(logits, expected).MaximumDifference, 0, 1e-4 * shift);
    }

    [Theory]
    [MemberData(nameof(Convertible))]
    public void Needs_no_base(string name, int? maxRank, int rank)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using var folder = new TemporaryFolder();
        ConversionResult with = Run.MustConvert(
            fixture.AdapterFolder, TargetProfile.MlxLm, folder["with"], fixture.BaseFolder, new ConversionOptions { MaxRank = maxRank });
        ConversionResult without = Run.MustConvert(
            fixture.AdapterFolder, TargetProfile.MlxLm, folder["without"], options: new ConversionOptions { MaxRank = maxRank });
        Assert.Equal(rank, without.Target!.Modules.Max(module => module.Rank));
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(folder["with"], "adapters.safetensors")),
            File.ReadAllBytes(Path.Combine(folder["without"], "adapters.safetensors")));
        Assert.Equal(name == "vera", without.Findings.Any(finding => finding.Code.Id == "TF2417"));
        Assert.DoesNotContain(with.Findings, finding => finding.Code.Id == "TF2417");
    }

    [Theory]
    [MemberData(nameof(Convertible))]
    public void Agrees_with_what_it_became(string name, int? maxRank, int rank)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using var folder = new TemporaryFolder();
        var options = new ConversionOptions { MaxRank = maxRank, Verify = true };
        ConversionResult result = Run.MustConvert(fixture.AdapterFolder, TargetProfile.MlxLm, folder["exact"], fixture.BaseFolder, options);
        Run.MustConvert(
            fixture.AdapterFolder, TargetProfile.MlxLm, folder["less"], fixture.BaseFolder, options with { MaxRank = null, SvdRank = Math.Max(1, rank / 4) });

        AdapterComparison exact = Verify(fixture, folder["exact"]);
        Assert.Equal(result.Target!.Modules.Length, exact.Modules.Length);
        Assert.All(exact.Modules, module => Assert.True(module.Agrees(2e-7), module.Path));
        Assert.All(Verify(fixture, folder["less"]).Modules, module => Assert.InRange(module.RelativeError, 1e-3, 1));
    }

    [Fact]
    public void Refuses_ia3_with_the_reason()
    {
        using var folder = new TemporaryFolder();
        ConversionResult result = Run.MustRefuse(
            Fixtures.Case("ia3").AdapterFolder, TargetProfile.MlxLm, folder["mlx"], ["TF2401"], Fixtures.HfBaseFolder("llama"));
        Assert.Contains("IA3 multiplies rows or columns of the weight", result.Findings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_rank_above_the_limit_that_was_given()
    {
        using var folder = new TemporaryFolder();
        ConversionResult result = Run.MustRefuse(
            Fixtures.Case("lokr").AdapterFolder, TargetProfile.MlxLm, folder["mlx"], ["TF2412"], options: new ConversionOptions { MaxRank = 32 });
        Assert.Contains(result.Findings, finding => finding.Subject == "model.layers.1.self_attn.q_proj"
            && finding.Message == "maps 64 to 64 and has rank 64; the limit is 32 (--max-rank): --max-rank 64 keeps it exact, --svd-rank N truncates it to N");
    }

    [Theory]
    [InlineData("adalora")]
    [InlineData("ia3")]
    [InlineData("loha")]
    [InlineData("lokr")]
    [InlineData("vera")]
    public void Keeps_every_method_for_peft(string name)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using var folder = new TemporaryFolder();
        Run.MustConvert(fixture.AdapterFolder, TargetProfile.Peft, folder["peft"]);
        IReadOnlyDictionary<string, OracleTensor> before = PeftFiles.ReadTensors(fixture.AdapterFolder);
        IReadOnlyDictionary<string, OracleTensor> after = PeftFiles.ReadTensors(folder["peft"]);
        Assert.Equal(before.Keys.Order(StringComparer.Ordinal), after.Keys.Order(StringComparer.Ordinal));
        Assert.All(before, tensor => Assert.Equal(tensor.Value.Values, after[tensor.Key].Values));
    }

    private static AdapterComparison Verify(FixtureCase fixture, string output)
    {
        using IAdapterSource before = AdapterSource.Open(fixture.AdapterFolder);
        using IAdapterSource after = AdapterSource.Open(output);
        VerificationResult result = AdapterVerifier.Verify(
            before, after, new ConversionOptions { Base = BaseModel.FromFolder(fixture.BaseFolder) }, TestContext.Current.CancellationToken);
        Assert.True(result.Comparison is not null, string.Join(Environment.NewLine, result.Findings));
        return result.Comparison;
    }
}
