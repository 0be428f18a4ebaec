using System.Collections.Immutable;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Verification;

/// <summary>How two adapters change a model, module by module.</summary>
/// <param name="Modules">One row for each module that either has, ordered by path.</param>
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

    /// <summary>The largest relative error of all modules; 0 where there are none.</summary>
    public double WorstRelativeError => Modules.Select(module => module.RelativeError).DefaultIfEmpty(0).Max();

    /// <summary>Whether all modules agree.</summary>
    /// <param name="tolerance">Largest relative error that counts as rounding.</param>
    public bool Agrees(double tolerance) => Modules.All(module => module.Agrees(tolerance));
}
