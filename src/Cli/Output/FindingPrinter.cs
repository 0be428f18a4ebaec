using System.Collections.Immutable;
using Transfuse.Metadata.Findings;

namespace Transfuse.Cli.Output;

/// <summary>Prints findings, one line each, errors first.</summary>
internal static class FindingPrinter
{
    // More lines of one code than this say no more than their number.
    private const int LinesOfOneCode = 8;

    /// <param name="console">Where to print.</param>
    /// <param name="input">The input, which every line names where there are several; else <see langword="null"/>.</param>
    /// <param name="findings">What was found.</param>
    /// <param name="quiet">Whether to leave out information.</param>
    /// <param name="verbose">Whether to print all lines of one code.</param>
    public static void Print(CommandConsole console, string? input, ImmutableArray<Finding> findings, bool quiet, bool verbose)
    {
        string prefix = input is null ? string.Empty : $"{input}: ";
        foreach (IGrouping<FindingCode, Finding> group
            in findings.Where(finding => !quiet || finding.Severity != Severity.Information).GroupBy(finding => finding.Code))
        {
            Finding[] lines = [.. group];
            int shown = verbose ? lines.Length : Math.Min(lines.Length, LinesOfOneCode);
            foreach (Finding finding in lines.AsSpan(0, shown))
            {
                console.Error.WriteLine($"{prefix}{finding}");
            }

            if (shown < lines.Length)
            {
                console.Error.WriteLine($"{prefix}  ... and {lines.Length - shown} more {group.Key.Id}; --verbose prints all");
            }

            if (lines[0].Severity == Severity.Error)
            {
                console.Error.WriteLine($"{prefix}  {lines[0].Remedy}");
            }
        }
    }
}
