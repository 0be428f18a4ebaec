namespace Transfuse.Conversion.Verification;

/// <summary>How far a comparison is.</summary>
/// <param name="Done">Modules compared.</param>
/// <param name="Total">Modules in all.</param>
/// <seealso cref="Transfuse.Conversion.Verification.AdapterComparer" />
public readonly record struct ComparisonProgress(int Done, int Total);
