using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Readers;
using Transfuse.Conversion.Tests.Repair;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Checking;

/// <summary>
/// What one verb writes, the others accept: check of what repair or convert wrote, for the program that it is for, says that it loads, unless the verb gave
/// a finding about that; and verify calls source and output equal. Over all recorded adapters, field folders, and damages of tensors one at a time.
/// </summary>
public class WrittenFoldersTests
{
    private static readonly string[] Damaged =
        ["mlx_llama_qv", "mlx_llama_dora", "mlx_qwen3_moe_switch", "swift_llama", "llama_qv", "llama_dora", "llama_modules_to_save", "qwen3_moe_params"];

    private static readonly string[] MlxReaders = ["mlx-lm", "mlx-vlm", "mlx-swift", "unsloth"];

    // A finding about the whole folder, which check says of each module.
    private static readonly string[] AboutAll = ["TF4024", "TF5025", "TF5013"];

    [Fact]
    public void Recorded_and_field_folders()
    {
        var tally = new Tally();
        foreach (FixtureCase fixture in Fixtures.Cases)
        {
            Judge(fixture.Name, fixture.AdapterFolder, fixture.BaseFolder, fixture.IsPeft, tally);
        }

        foreach ((string name, string folder, string baseFolder) in FieldFolder.All())
        {
            Judge(
                name, folder, baseFolder, File.ReadAllText(Path.Combine(folder, "adapter_config.json")).Contains("peft_type", StringComparison.Ordinal), tally);
        }

        tally.Assert(written: 190, compared: 150);
    }

    [Fact]
    public void Damaged_tensors()
    {
        var tally = new Tally();
        foreach (FixtureCase fixture in Damaged.Select(Fixtures.Case))
        {
            foreach ((string name, Func<AdapterCopy, bool> apply) in TensorDamage.All)
            {
                using AdapterCopy copy = AdapterCopy.Of(fixture);
                if (apply(copy))
                {
                    Judge($"{fixture.Name}, {name}", copy.Save(), fixture.BaseFolder, fixture.IsPeft, tally);
                }
            }
        }

        tally.Assert(written: 200, compared: 130);
    }

    private static void Judge(string name, string folder, string baseFolder, bool isPeft, Tally tally)
    {
        foreach (string? given in new[] { baseFolder, null })
        {
            string[] own = isPeft ? ["peft"] : MlxReaders;
            using (var output = new TemporaryFolder())
            {
                RepairResult repaired = Repairing.Run(folder, output["out"], given);
                Judge(
                    $"repair of {name}{(given is null ? " without base" : string.Empty)}", folder, output["out"], own, given, repaired.IsWritten,
                    repaired.Findings, tally);
            }

            foreach (string target in given is null ? Array.Empty<string>() : ["peft", "mlx-lm"])
            {
                using var output = new TemporaryFolder();
                ConversionResult converted = Run.Convert(folder, TargetProfile.Find(target)!, output["out"], given);
                Judge($"convert of {name} to {target}", folder, output["out"], [target], given, converted.IsWritten, converted.Findings, tally);
            }
        }
    }

    private static void Judge(
        string what, string source, string output, string[] readers, string? baseFolder, bool isWritten, IReadOnlyCollection<Finding> findings, Tally tally)
    {
        if (!isWritten)
        {
            if (findings.All(finding => finding.Severity != Severity.Error))
            {
                tally.Failures.Add($"{what}: refused without an error");
            }

            return;
        }

        tally.Written++;
        CheckResult[] checks = [.. readers.Select(reader => ReaderRun.Check(output, reader, baseFolder))];
        string[] unsaid = Array.Exists(checks, check => check.Verdict == CheckVerdict.Loads)
            ? []
            : [.. checks[0].Findings.Where(finding => finding.Severity == Severity.Error && !IsSaid(finding, findings)).Select(finding => finding.ToString())];
        if (unsaid is not [])
        {
            tally.Failures.Add($"{what}: {unsaid[0]} ({unsaid.Length}); said: {string.Join(" | ", findings)}");
        }

        Compare(what, source, output, baseFolder, tally);
    }

    private static bool IsSaid(Finding check, IEnumerable<Finding> said) => said.Any(finding => finding.Severity != Severity.Information
        && (AboutAll.Contains(finding.Code.Id) || finding.Subject == check.Subject || check.Subject.StartsWith(finding.Subject + ".", StringComparison.Ordinal)
            || finding.Subject.EndsWith(":" + check.Subject, StringComparison.Ordinal)));

    private static void Compare(string what, string source, string output, string? baseFolder, Tally tally)
    {
        using IAdapterSource first = AdapterSource.Open(source);
        using IAdapterSource second = AdapterSource.Open(output);
        VerificationResult verified = AdapterVerifier.Verify(
            first, second, new ConversionOptions { Base = baseFolder is null ? null : BaseModel.FromFolder(baseFolder) },
            TestContext.Current.CancellationToken);
        if (verified.Comparison is not { } comparison)
        {
            return;
        }

        tally.Compared++;
        if (!comparison.Agrees(1e-6) || verified.Findings.Any(finding => finding.Severity == Severity.Error))
        {
            string[] different =
                [.. comparison.Modules.Where(module => !module.Agrees(1e-6)).Select(module => $"{module.Path} {module.Mismatch} {module.RelativeError}")];
            tally.Failures.Add(
                $"{what}: verify: {string.Join(" | ", different.Take(2))} "
                + $"{string.Join(" | ", verified.Findings.Where(finding => finding.Severity == Severity.Error))}");
        }
    }

    private sealed class Tally
    {
        public List<string> Failures { get; } = [];

        public int Written { get; set; }

        public int Compared { get; set; }

        public void Assert(int written, int compared)
        {
            Xunit.Assert.True(
                Failures.Count == 0, $"{Failures.Count} failures of {Written} written, {Compared} compared:\n{string.Join('\n', Failures.Take(40))}");
            Xunit.Assert.True(Written >= written && Compared >= compared, $"{Written} written, {Compared} compared");
        }
    }
}
