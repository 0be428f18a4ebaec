using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Batch.Journal;

/// <summary>A finding in a journal.</summary>
/// <param name="Severity"><c>error</c>, <c>warning</c> or <c>information</c>.</param>
/// <param name="Code">Its cause, such as <c>TF2001</c>.</param>
/// <param name="Subject">What it is about.</param>
/// <param name="Message">What was found.</param>
internal sealed record JournalFinding(string Severity, string Code, string Subject, string Message)
{
    /// <summary>The finding's form here.</summary>
    public static JournalFinding Of(Finding finding) => new(finding.Severity.ToString().ToLowerInvariant(), finding.Code.Id, finding.Subject, finding.Message);

    /// <summary>The finding; <see langword="null"/> where this version knows no such code.</summary>
    public Finding? ToFinding() => FindingCodes.Find(Code) is not { } code ? null : code.At(Subject, Message) with
    {
        Severity = Severity switch { "error" => Metadata.Findings.Severity.Error, "warning" => Metadata.Findings.Severity.Warning,
            _ => Metadata.Findings.Severity.Information },
    };
}
