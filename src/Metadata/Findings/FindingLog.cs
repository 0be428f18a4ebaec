using System.Collections.Immutable;

namespace Transfuse.Metadata.Findings;

/// <summary>Collects findings in the order in which they are made. Codes that the caller allows become warnings.</summary>
/// <param name="allowed">Ids of codes whose loss is accepted, such as <c>TF2301</c>.</param>
/// <example>
/// <code>
/// var log = new FindingLog();
/// using AdapterContainer container = AdapterContainer.FromSource(source, baseModel, ConversionOptions.Default, log, cancellationToken);
/// Console.WriteLine(log.HasErrors);
/// </code>
/// </example>
public sealed class FindingLog(IReadOnlySet<string>? allowed = null)
{
    private readonly List<Finding> _findings = [];

    /// <summary>Whether any finding stops the work.</summary>
    public bool HasErrors { get; private set; }

    /// <summary>Number of findings so far.</summary>
    public int Count => _findings.Count;

    /// <summary>Adds a finding.</summary>
    /// <returns>Whether work on its subject may go on: true unless it is an error that was not allowed.</returns>
    public bool Add(Finding finding)
    {
        if (finding.Severity == Severity.Error && IsAllowed(finding.Code))
        {
            finding = finding with { Severity = Severity.Warning };
        }

        HasErrors |= finding.Severity == Severity.Error;
        _findings.Add(finding);
        return finding.Severity != Severity.Error;
    }

    /// <summary>Adds findings.</summary>
    public void AddRange(IEnumerable<Finding> findings)
    {
        foreach (Finding finding in findings)
        {
            Add(finding);
        }
    }

    /// <summary>Whether there is a finding of this cause.</summary>
    internal bool Has(FindingCode code) => _findings.Exists(finding => finding.Code == code);

    /// <summary>Whether the caller accepts the loss that this code names.</summary>
    public bool IsAllowed(FindingCode code) => code.CanBeAllowed && allowed is not null && allowed.Contains(code.Id);

    /// <summary>The findings: errors first, then warnings, then information; within these by code, subject and message, ordinal.</summary>
    public ImmutableArray<Finding> ToSorted() => Sort(_findings);

    /// <summary>Findings in the order of <see cref="ToSorted"/>, each once.</summary>
    internal static ImmutableArray<Finding> Sort(IEnumerable<Finding> findings) =>
    [
        .. findings.Distinct()
            .OrderByDescending(finding => finding.Severity)
            .ThenBy(finding => finding.Code.Id, StringComparer.Ordinal)
            .ThenBy(finding => finding.Subject, StringComparer.Ordinal)
            .ThenBy(finding => finding.Message, StringComparer.Ordinal),
    ];
}
