using System.Collections.Immutable;
using Transfuse.Conversion.Verification;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Pipeline;

/// <summary>What came of comparing two adapters.</summary>
/// <param name="Findings">Everything that was found on the way.</param>
/// <param name="Comparison">The comparison, or <see langword="null"/> where the two could not be compared.</param>
/// <seealso cref="Transfuse.Conversion.Pipeline.AdapterVerifier" />
public sealed record VerificationResult(ImmutableArray<Finding> Findings, AdapterComparison? Comparison);
