using System.Collections.Immutable;
using Transfuse.Metadata.Findings;

namespace Transfuse.Cli.Output;

/// <summary>Prints findings, one line each, errors first.</summary>
internal static class FindingPrinter
{
    // More lines of one code than this say no more than their number.
    private const int LinesOfOneCode = 8;

    public static void Print(CommandConsole console, ImmutableArray<Finding> findings, bool quiet, bool verbose)
    {
        foreach (IGrouping<FindingCode, Finding> group in findings.Where(finding => !quiet || finding.Severity != Severity.Information).GroupBy(finding => finding.Code))
        {
            Finding[] lines = [.. group];
            int shown = verbose ? lines.Length : Math.Min(lines.Length, LinesOfOneCode);
            foreach (Finding finding in lines.AsSpan(0, shown))
            {
                console.Error.WriteLine(finding);
            }

            if (shown < lines.Length)
            {
                console.Error.WriteLine($"  ... and {lines.Length - shown} more {group.Key.Id}; --verbose prints all");
            }

            if (lines[0].Severity == Severity.Error)
            {
                console.Error.WriteLine($"  {group.Key.Remedy}");
            }
        }
    }
}
