using Transfuse.Conversion.Repair;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Repair;

/// <summary>
/// Every old or foreign fixture becomes what its case.json says it was made with, or stops with the right question; given the answer, it is right.
/// </summary>
public class LegacyFixtureTests
{
    public static TheoryData<string> Plain { get; } = new(
        "legacy_npz", "legacy_lora_layers", "legacy_switch_2d", "legacy_checkpoints_only", "swift_llama", "unsloth_llama", "unsloth_qwen3_moe");

    public static TheoryData<string, string, string> Asked { get; } = new()
    {
        { "legacy_alpha_ambiguous", "mlx-lm@0.14.2", "TF3502" },
        { "legacy_alpha_ambiguous", "2024-07-01", "TF3502" },
        { "vlm_legacy", "mlx-vlm@0.5.0", "TF3502" },
    };

    [Fact]
    public void Covers_every_such_fixture() => Assert.Equal(
        Fixtures.MlxCases.Select(fixture => fixture.Name).Where(name => !name.StartsWith("mlx_", StringComparison.Ordinal)).Order(),
        Plain.Select(row => row.Data).Concat(Asked.Select(row => row.Data.Item1)).Distinct().Order());

    [Theory]
    [MemberData(nameof(Plain))]
    public void Becomes_what_it_was_made_with(string name)
    {
        foreach (string? baseFolder in new[] { null, Fixtures.Case(name).BaseFolder })
        {
            Check(name, ConversionOptions.Default, baseFolder);
        }
    }

    [Theory]
    [MemberData(nameof(Asked))]
    public void Asks_and_is_right_with_the_answer(string name, string producer, string code)
    {
        using var folder = new TemporaryFolder();
        RepairResult refused = Repairing.MustRefuse(Fixtures.Case(name).AdapterFolder, folder["out"], [code]);
        string message = refused.Findings.Single(finding => finding.Code.Id == code).Message;
        Assert.Contains("--producer", message);
        Assert.Contains("--scale", message);
        Check(name, Repairing.Producer(producer), null);
        Check(name, Repairing.Scale(Fixtures.Case(name).Json.GetNumber("scale", 0)), Fixtures.Case(name).BaseFolder);
    }

    [Fact]
    public void Another_answer_gives_the_other_scale()
    {
        using var folder = new TemporaryFolder();
        Repairing.Must(Fixtures.Case("legacy_alpha_ambiguous").AdapterFolder, folder["old"], null, Repairing.Producer("mlx-lm@0.14.1"));
        Assert.Equal(20, OracleJson.Read(Path.Combine(folder["old"], "adapter_config.json")).GetProperty("lora_parameters").GetProperty("scale").GetDouble());
        Repairing.Must(Fixtures.Case("vlm_legacy").AdapterFolder, folder["vlm"], null, Repairing.Producer("mlx-vlm@0.4.4"));
        Assert.Equal(16, OracleJson.Read(Path.Combine(folder["vlm"], "adapter_config.json")).GetProperty("lora_parameters").GetProperty("scale").GetDouble());
    }

    [Fact]
    public void Whole_weights_are_no_adapter()
    {
        using var folder = new TemporaryFolder();
        Repairing.MustRefuse(Fixtures.Case("mlx_llama_full").AdapterFolder, folder["out"], ["TF3507"]);
    }

    private static void Check(string name, ConversionOptions options, string? baseFolder)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using var folder = new TemporaryFolder();
        RepairResult result = Repairing.Must(fixture.AdapterFolder, folder["out"], baseFolder, options);
        Assert.Equal(name == "unsloth_qwen3_moe", result.Changes.IsEmpty);

        MlxBase mlxBase = MlxBase.Fixture(fixture.Base);
        mlxBase = name == "vlm_legacy" ? mlxBase.WithPrefix("language_model.") : mlxBase;
        (Meaning loaded, ReaderReport report) = Meaning.Loaded(folder["out"], mlxBase);
        Assert.True(report.LoadsAsIntended, report.ToString());
        Assert.Null(Meaning.Of(fixture).DifferenceTo(loaded));

        // Its own reader takes it too.
        ReaderReport own = name switch
        {
            "swift_llama" => MlxSwiftLoader.Load(folder["out"], mlxBase),
            "vlm_legacy" => MlxVlmLoader.Load(folder["out"], mlxBase),
            _ when name.StartsWith("unsloth", StringComparison.Ordinal) => UnslothLoader.Load(folder["out"], mlxBase),
            _ => report,
        };
        Assert.True(own.LoadsAsIntended, own.ToString());

        RepairResult again = Repairing.Must(folder["out"], folder["again"], baseFolder);
        Assert.Empty(again.Changes);
        Repairing.AssertSameFiles(folder["out"], folder["again"]);
    }
}
