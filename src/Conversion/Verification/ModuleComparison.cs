namespace Transfuse.Conversion.Verification;

/// <summary>How two adapters change one module. Norms are those of the whole delta, in double precision.</summary>
/// <seealso cref="Transfuse.Conversion.Verification.AdapterComparer" />
public sealed record ModuleComparison
{
    /// <summary>The module's path, in the layout in which the two were compared.</summary>
    public required string Path { get; init; }

    /// <summary>Whether both have the module.</summary>
    public required ModulePresence Presence { get; init; }

    /// <summary>
    /// Frobenius norm of the first delta; NaN where both are the same bit by bit and <see cref="ComparisonOptions.NormsOfEqual"/> did not ask for it.
    /// </summary>
    public double Norm { get; init; }

    /// <summary>Frobenius norm of the difference of both deltas; where only one has the module, of its delta.</summary>
    public double DifferenceNorm { get; init; }

    /// <summary><see cref="DifferenceNorm"/> relative to <see cref="Norm"/>; infinite where only the first is zero.</summary>
    public double RelativeError => DifferenceNorm == 0 ? 0 : DifferenceNorm / Norm;

    /// <summary>Norm of the difference of DoRA's magnitudes, relative to that of the first's; 0 without DoRA.</summary>
    public double MagnitudeError { get; init; }

    /// <summary>Largest absolute difference of one element, where <see cref="ComparisonOptions.WorstElement"/> asked for it.</summary>
    public double? WorstElement { get; init; }

    /// <summary>Ranks of the first and the second, 0 where the module is missing.</summary>
    public (int First, int Second) Ranks { get; init; }

    /// <summary>Scales of the first and the second, 0 where the module is missing.</summary>
    public (double First, double Second) Scales { get; init; }

    /// <summary>Whether factors, magnitudes and float32 scale are the same bit by bit.</summary>
    public bool IsBitEqual { get; init; }

    /// <summary>A difference that no number tells, such as shapes or kinds that do not match; else <see langword="null"/>.</summary>
    public string? Mismatch { get; init; }

    /// <summary>Whether both change the module alike.</summary>
    /// <param name="tolerance">Largest relative error that counts as rounding.</param>
    public bool Agrees(double tolerance) => Mismatch is null && RelativeError <= tolerance && MagnitudeError <= tolerance;
}
