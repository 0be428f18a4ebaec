using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Verification;

namespace Transfuse.Conversion.Profiles;

/// <summary>What the caller decides about a profile.</summary>
/// <seealso cref="Transfuse.Conversion.Profiles.AdapterProfiler" />
public sealed record ProfileOptions
{
    /// <summary>All defaults.</summary>
    public static ProfileOptions Default { get; } = new();

    /// <summary>Of how many modules the singular values are computed: those that change most. Default: 4.</summary>
    public int Spectra
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(Spectra), value, "It is at least 0.");
    } = 4;

    /// <summary>The base's weights, whose norms the changes are compared with; all weights of adapted modules are read. Default: none.</summary>
    public BaseWeights? Base { get; init; }

    /// <summary>Most modules in work at one time; fewer where their ranks are large. Default: one for each processor.</summary>
    public int MaxDegreeOfParallelism
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(MaxDegreeOfParallelism), value, "It is at least 1.");
    } = Environment.ProcessorCount;

    /// <summary>Told after each module, from any thread. Default: nobody.</summary>
    public IProgress<ComparisonProgress>? Progress { get; init; }
}
