using Transfuse.Conversion.Checking;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Readers;

/// <summary>Every fixture before every reader, against the Oracle's loaders, which share no code with the product.</summary>
public class FixtureVerdictTests
{
    /// <summary>Where the check knows a reader otherwise than the Oracle, with its verdict.</summary>
    private static readonly Dictionary<(string Fixture, string Reader), CheckVerdict> Known = new()
    {
        // The Oracle does not read other methods than LoRA; PEFT does, and the check says that it did not judge them.
        [("adalora", "peft")] = CheckVerdict.Loads,
        [("ia3", "peft")] = CheckVerdict.Loads,
        [("loha", "peft")] = CheckVerdict.Loads,
        [("lokr", "peft")] = CheckVerdict.Loads,
        [("vera", "peft")] = CheckVerdict.Loads,

        // SGLang of autumn 2026 refuses DoRA, and patterns that change a value; the Oracle has the versions that load them wrongly.
        [("llama_dora", "sglang")] = CheckVerdict.Fails,
        [("llama_rank_pattern", "sglang")] = CheckVerdict.Fails,
        [("mixtral_params_ranks", "sglang")] = CheckVerdict.Fails,

        // SGLang sorts tensors by "layers.N." in their names and drops what it does not know, packed experts among them.
        [("gpt2_conv1d", "sglang")] = CheckVerdict.LoadsWrongly,
        [("gpt_oss_params", "sglang")] = CheckVerdict.LoadsWrongly,
        [("mixtral_params", "sglang")] = CheckVerdict.LoadsWrongly,
        [("qwen3_moe_params", "sglang")] = CheckVerdict.LoadsWrongly,
        [("qwen3_moe_square_alone", "sglang")] = CheckVerdict.LoadsWrongly,
    };

    public static TheoryData<string> ReaderNames { get; } = [.. TargetProfile.All.Select(profile => profile.Name)];

    [Theory]
    [MemberData(nameof(ReaderNames))]
    public void Agrees_with_the_oracle_on_every_fixture_with_its_base(string reader) => AgreeOnAll(reader, (fixture, report) =>
    {
        CheckVerdict expected = Known.GetValueOrDefault((fixture.Name, reader), ReaderRun.VerdictOf(report));
        CheckResult result = ReaderRun.Check(fixture.AdapterFolder, reader, ReaderRun.BaseFor(reader, fixture));
        return result.Verdict == expected ? null : $"oracle {expected} ({report}), check {result.Verdict} ({string.Join("; ", result.Findings)})";
    });

    [Theory]
    [MemberData(nameof(ReaderNames))]
    public void Raises_no_false_alarm_and_owns_to_what_it_does_not_know_without_a_base(string reader) => AgreeOnAll(reader, (fixture, report) =>
        Unsure(fixture, reader, report, ReaderRun.Check(fixture.AdapterFolder, reader)));

    [Theory]
    [MemberData(nameof(ReaderNames))]
    public void Raises_no_false_alarm_with_the_config_of_the_base_alone(string reader)
    {
        using var folder = new TemporaryFolder();
        AgreeOnAll(reader, (fixture, report) =>
        {
            File.Copy(Path.Combine(ReaderRun.BaseFor(reader, fixture), "config.json"), folder["config.json"], overwrite: true);
            return Unsure(fixture, reader, report, ReaderRun.Check(fixture.AdapterFolder, reader, folder.Path));
        });
    }

    private static string? Unsure(FixtureCase fixture, string reader, ReaderReport report, CheckResult result)
    {
        CheckVerdict expected = Known.GetValueOrDefault((fixture.Name, reader), ReaderRun.VerdictOf(report));
        bool warns = result.Findings.Any(finding => finding.Severity == Severity.Warning);
        bool agrees = result.Verdict == expected
            || (result.Verdict == CheckVerdict.Loads && warns)
            || (result.Verdict != CheckVerdict.Loads && expected != CheckVerdict.Loads);
        return agrees ? null : $"oracle {expected} ({report}), check {result.Verdict} ({string.Join("; ", result.Findings)})";
    }

    private static void AgreeOnAll(string reader, Func<FixtureCase, ReaderReport, string?> compare)
    {
        string[] differences =
        [
            .. Fixtures.Cases.Select(fixture => (fixture, Difference: compare(fixture, ReaderRun.Load(fixture.AdapterFolder, reader, fixture))))
                .Where(item => item.Difference is not null).Select(item => $"{item.fixture} {reader}: {item.Difference}"),
        ];
        Assert.True(differences is [], string.Join('\n', differences.Select(difference => difference[..Math.Min(difference.Length, 600)])));
        Assert.Equal(64, Fixtures.Cases.Count);
    }
}
