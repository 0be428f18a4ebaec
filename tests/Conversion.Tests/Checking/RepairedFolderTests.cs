using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Readers;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Checking;

/// <summary>Whatever repair makes whole loads in the program of its dialect, as the check and the Oracle say.</summary>
public class RepairedFolderTests
{
    [Theory]
    [InlineData("mlx-lm")]
    [InlineData("mlx-swift")]
    [InlineData("mlx-vlm")]
    public void Repair_leaves_what_was_converted_from_Unsloths_folder(string target)
    {
        FixtureCase fixture = Fixtures.Case("unsloth_llama");
        using var folder = new TemporaryFolder();
        Run.MustConvert(fixture.AdapterFolder, TargetProfile.Find(target)!, folder["out"], fixture.BaseFolder);
        using IAdapterSource source = AdapterSource.Open(folder["out"]);
        RepairResult repaired = AdapterRepair.Of(source).WithBase(BaseModel.FromFolder(fixture.BaseFolder)).WithOptions(
            ConversionOptions.Default with { DryRun = true }).Run(TestContext.Current.CancellationToken);
        Assert.Empty(repaired.Changes);
        Assert.Empty(repaired.ConfigDiff);
    }

    [Fact]
    public void What_is_repaired_loads_in_the_program_of_its_dialect()
    {
        List<string> differences = [];
        int repaired = 0;
        foreach (FixtureCase fixture in Fixtures.Cases.Where(fixture => fixture.IsPeft ? fixture.PeftType == "LORA" : fixture.Name != "mlx_llama_full"))
        {
            string reader = fixture.IsPeft ? "peft" : fixture.Name.StartsWith("vlm_", StringComparison.Ordinal) ? "mlx-vlm" : "mlx-lm";
            string baseFolder = ReaderRun.BaseFor(reader, fixture);
            using var folder = new TemporaryFolder();
            if (!Repair(fixture, baseFolder, folder["out"], out string findings))
            {
                differences.Add($"{fixture}: not repaired: {findings}");
                continue;
            }

            repaired++;
            CheckResult check = ReaderRun.Check(folder["out"], reader, baseFolder);
            ReaderReport report = ReaderRun.Load(folder["out"], reader, fixture);
            if (check.Verdict != CheckVerdict.Loads || ReaderRun.VerdictOf(report) != CheckVerdict.Loads)
            {
                differences.Add($"{fixture}: oracle {report}, check {check.Verdict}: {string.Join("; ", check.Findings.Take(3))}");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
        Assert.Equal(58, repaired);
    }

    private static bool Repair(FixtureCase fixture, string baseFolder, string output, out string findings)
    {
        using IAdapterSource source = AdapterSource.Open(fixture.AdapterFolder);
        using IAdapterSink sink = AdapterSink.Folder(output);
        RepairResult result = AdapterRepair.Of(source)
            .WithBase(BaseModel.FromFolder(baseFolder))
            .WithOptions(new ConversionOptions { Producer = ProducerOf(fixture) })
            .WriteTo(sink)
            .Run(TestContext.Current.CancellationToken);
        findings = string.Join("; ", result.Findings.Where(finding => finding.Severity == Severity.Error));
        return findings.Length == 0;
    }

    private static MlxProducer? ProducerOf(FixtureCase fixture) => fixture.Name switch
    {
        "vlm_legacy" => MlxProducer.Parse("mlx-vlm@0.5.0"),
        "legacy_alpha_ambiguous" => MlxProducer.Parse("mlx-lm@0.16.0"),
        _ => null,
    };
}
