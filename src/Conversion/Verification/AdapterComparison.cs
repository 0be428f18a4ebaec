using System.Collections.Immutable;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Verification;

/// <summary>How two adapters change a model, module by module.</summary>
/// <param name="Modules">One row for each module that either has, ordered by path.</param>
/// <seealso cref="Transfuse.Conversion.Verification.AdapterComparer" />
public sealed record AdapterComparison(ImmutableArray<ModuleComparison> Modules)
{
    /// <summary>The largest relative error that counts as rounding by default: a fold of a scale rounds each value of B once, to float32.</summary>
    public const double Rounding = 1e-6;

    /// <summary>The largest relative error that counts as rounding after a cast: that of both factors.</summary>
    /// <param name="dtype">The dtype that factors were cast to, or <see langword="null"/> for none.</param>
    public static double RoundingTo(DType? dtype) => dtype switch
    {
        DType.BF16 => 1.0 / 128,
        DType.F16 => 1.0 / 1024,
        _ => Rounding,
    };

    /// <summary>
    /// What stands before the layers in each, where the two have the same modules but for that, such as <c>model.layers</c> and
    /// <c>model.language_model.layers</c>;
    /// else <see langword="null"/>. Whether one model has both names, only its base tells.
    /// </summary>
    public (string First, string Second)? Roots { get; init; }

    /// <summary>The largest relative error of the modules that both have, magnitudes included; 0 where there are none.</summary>
    public double WorstRelativeError =>
        Modules.Where(module => module.Presence == ModulePresence.Both).Select(module => Math.Max(module.RelativeError, module.MagnitudeError))
            .DefaultIfEmpty(0).Max();

    /// <summary>Whether all modules agree, under the same names.</summary>
    /// <param name="tolerance">Largest relative error that counts as rounding.</param>
    public bool Agrees(double tolerance) => Roots is null && Modules.All(module => module.Agrees(tolerance));
}
