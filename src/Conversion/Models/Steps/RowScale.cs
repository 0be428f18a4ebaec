namespace Transfuse.Conversion.Models.Steps;

/// <summary>A factor that the base model's weight is multiplied by, and so B (and a DoRA magnitude) too.</summary>
/// <param name="Rows">Number of consecutive output rows, or <see langword="null"/> for all.</param>
/// <param name="Factor">Their factor; finite and not zero.</param>
public readonly record struct RowScale(long? Rows, double Factor);
