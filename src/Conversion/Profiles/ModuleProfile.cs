using System.Collections.Immutable;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Profiles;

/// <summary>
/// How much, and in how many directions, one module is changed. All of its delta, <c>scale x B A</c>, to 1e-10, or to 1e-6 where factors have 16 bits; DoRA's
/// magnitudes are not in it.
/// </summary>
/// <seealso cref="Transfuse.Conversion.Profiles.AdapterProfiler" />
public sealed record ModuleProfile
{
    /// <summary>The module's path.</summary>
    public required ModulePath Path { get; init; }

    /// <summary>The path with the parameter, where it is one.</summary>
    public required string FullPath { get; init; }

    /// <summary>What the factors mean.</summary>
    public required ModuleKind Kind { get; init; }

    /// <summary>The rank of the factors.</summary>
    public required int Rank { get; init; }

    /// <summary>The final multiplier.</summary>
    public required double Scale { get; init; }

    /// <summary>Whether the module is DoRA.</summary>
    public bool HasMagnitude { get; init; }

    /// <summary>Frobenius norm of the delta, of all experts together; NaN where a factor holds NaN or infinity.</summary>
    public required double Norm { get; init; }

    /// <summary>
    /// Frobenius norm of the base's weight; <see langword="null"/> where <see cref="ProfileOptions.Base"/> holds no floating-point weight that is
    /// the module's, by its name or by the model type's mapping.
    /// </summary>
    public double? WeightNorm { get; init; }

    /// <summary><see cref="Norm"/> relative to <see cref="WeightNorm"/>.</summary>
    public double? RelativeNorm => WeightNorm is > 0 ? Norm / WeightNorm : null;

    /// <summary>
    /// How many directions share the change: the square of the sum of the squared singular values over the sum of their fourth powers (their participation
    /// ratio), from 1 to the rank, the mean over experts that change; 0 where nothing changes, <see langword="null"/> where the rank is above <see
    /// cref="AdapterProfiler.LargestRank"/> or a factor is not finite.
    /// </summary>
    public double? EffectiveRank { get; init; }

    /// <summary>
    /// The singular values of the delta, largest first, as many as the rank; of the expert that changes most. To about 1e-7 of the largest. Empty for modules
    /// that are not among those <see cref="ProfileOptions.Spectra"/> asks for.
    /// </summary>
    public ImmutableArray<double> SingularValues { get; init; } = [];
}
