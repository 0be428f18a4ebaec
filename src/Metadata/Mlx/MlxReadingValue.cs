using System.Collections.Immutable;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx;

/// <summary>What the evidence tells of one number.</summary>
/// <param name="Value">The number, or <see langword="null"/> where <paramref name="Findings"/> has the error.</param>
/// <param name="IsTold">Whether the config says it plainly: no default, no question.</param>
/// <param name="Findings">What is odd about it.</param>
internal sealed record MlxReadingValue(double? Value, bool IsTold, ImmutableArray<Finding> Findings)
{
    /// <summary>What is doubtful about the number itself, until the caller gives the same one.</summary>
    public Finding? Doubt { get; init; }

    internal static MlxReadingValue Told(double value, params ImmutableArray<Finding> findings) => new(value, true, findings);

    internal static MlxReadingValue Assumed(double value, Finding finding) => new(value, false, [finding]);

    internal static MlxReadingValue Unknown(Finding finding) => new(null, false, [finding]);
}
