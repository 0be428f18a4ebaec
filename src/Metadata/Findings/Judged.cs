using System.Collections.Immutable;

namespace Transfuse.Metadata.Findings;

/// <summary>What a parser made of something, and what it found out about it.</summary>
/// <param name="Value">What was made.</param>
/// <param name="Findings">What was found.</param>
internal sealed record Judged<T>(T Value, ImmutableArray<Finding> Findings)
{
    /// <summary>Whether any finding stops the work.</summary>
    internal bool HasErrors => Findings.Any(finding => finding.Severity == Severity.Error);

    /// <summary>The value, with the findings put into a log.</summary>
    public T Into(FindingLog log)
    {
        log.AddRange(Findings);
        return Value;
    }
}
