namespace Transfuse.Conversion.Models.Steps;

/// <summary>A factor that the base model's weight is multiplied by, and so B (and a DoRA magnitude) too.</summary>
/// <param name="Rows">Number of consecutive output rows, or <see langword="null"/> for all.</param>
/// <param name="Factor">Their factor; zero or not finite where the base model's config makes it so.</param>
internal readonly record struct RowScale(long? Rows, double Factor)
{
    /// <summary>What is said of a factor that <see cref="IsUseless"/>.</summary>
    internal const string Useless = "the base model multiplies the weight by a factor that is zero or not finite";

    /// <summary>Whether the factor cannot be followed and taken back.</summary>
    internal bool IsUseless => Factor == 0 || !double.IsFinite(Factor);
}
