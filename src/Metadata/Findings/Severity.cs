namespace Transfuse.Metadata.Findings;

/// <summary>How much a finding matters.</summary>
/// <seealso cref="Transfuse.Metadata.Findings.Finding" />
public enum Severity
{
    /// <summary>Worth knowing; nothing to do.</summary>
    Information,

    /// <summary>The result is right only if an assumption holds, which the finding names.</summary>
    Warning,

    /// <summary>The work stops; nothing is written.</summary>
    Error,
}
