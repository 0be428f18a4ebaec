using System.Collections.Immutable;
using Transfuse.Conversion.Checking;
using Transfuse.Formats.Text;
using Transfuse.Metadata.Findings;

namespace Transfuse.Cli.Output;

/// <summary>Prints verdicts, one line for each reader.</summary>
internal static class CheckText
{
    public static string Render(string input, ImmutableArray<CheckResult> checks) =>
        string.Join(Environment.NewLine, checks.Select(check => $"{PrintableText.OneLine(input)}: {check.Reader}: {Describe(check)}"));

    private static string Describe(CheckResult check) => check.Verdict switch
    {
        CheckVerdict.Fails => "fails to load",
        CheckVerdict.NotJudged => "not judged",
        CheckVerdict.LoadsWrongly => "loads, but not as intended",
        _ => check.Findings.Any(finding => finding.Severity == Severity.Warning) ? "loads as intended, as far as the warnings allow" : "loads as intended",
    };
}
