using System.Collections.Immutable;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Checking;

/// <summary>What came of a check.</summary>
/// <param name="Reader">The reader, such as <c>mlx-lm</c>.</param>
/// <param name="Verdict">What it makes of the folder.</param>
/// <param name="Findings">Why, in the reader's terms, errors first. An error means that it would not load as intended.</param>
/// <seealso cref="Transfuse.Conversion.Checking.AdapterChecker" />
public sealed record CheckResult(string Reader, CheckVerdict Verdict, ImmutableArray<Finding> Findings);
