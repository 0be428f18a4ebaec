using System.Collections.Immutable;
using Transfuse.Metadata.Findings;

namespace Transfuse.Apply.Fusing;

/// <summary>What came of a fusion.</summary>
/// <param name="Findings">What was found, errors first.</param>
/// <param name="Weights">The weights that the adapters change, by name.</param>
/// <param name="IsWritten">Whether the model was written.</param>
/// <seealso cref="Transfuse.Apply.Fusing.ModelFusion" />
public sealed record FusionResult(ImmutableArray<Finding> Findings, ImmutableArray<FusedWeight> Weights, bool IsWritten)
{
    /// <summary>Number of tensors of the base that stay as they are.</summary>
    public int Kept { get; init; }

    /// <summary>As <see cref="FusedWeight.Loss"/>, over all weights together.</summary>
    public double? Loss { get; init; }

    /// <summary>Whether nothing stood in the way.</summary>
    public bool Succeeded => !Findings.Any(finding => finding.Severity == Severity.Error);
}
