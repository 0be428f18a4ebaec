using System.Collections.Immutable;
using Transfuse.Conversion.Verification;
using Transfuse.Formats.Work;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Profiles;

/// <summary>
/// Measures what an adapter changes, without a model and without forming a delta: every factor is read once, in pieces, and all numbers come from the inner
/// products of its vectors: in double precision, but for factors of 16 bits, whose products float32 holds exactly and whose sums it rounds to about 1e-7.
/// Memory depends on the largest rank only.
/// </summary>
/// <example>
/// <code>
/// foreach (ModuleProfile profile in AdapterProfiler.Profile(adapter, new ProfileOptions { Spectra = 3 }))
/// {
///     Console.WriteLine($"{profile.FullPath}: {profile.Norm}, effective rank {profile.EffectiveRank}");
/// }
/// </code>
/// </example>
public static class AdapterProfiler
{
    /// <summary>Above this rank a module has a norm, and no effective rank and no singular values.</summary>
    public const int LargestRank = ModulePair.LargestSummedRank;

    private const long MemoryBytes = 64 << 20;

    /// <summary>Measures.</summary>
    /// <param name="adapter">The adapter; its tensors are read.</param>
    /// <param name="options">What the caller decides. Default: <see cref="ProfileOptions.Default"/>.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>A profile of every module, in the adapter's order.</returns>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static ImmutableArray<ModuleProfile> Profile(Adapter adapter, ProfileOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        options ??= ProfileOptions.Default;
        int count = adapter.Modules.Length;
        var profiles = new ModuleProfile[count];
        var measures = new ModuleMeasure[count];
        long footprint = adapter.Modules.Select(module => ModulePair.Of(module, null).Footprint).DefaultIfEmpty(1).Max();
        int workers = (int)Math.Clamp(MemoryBytes / footprint, 1, options.MaxDegreeOfParallelism);
        BaseNorms? bases = options.Base is null ? null : new BaseNorms(options.Base, adapter.Layout);
        int done = 0;
        ParallelWork.Run(
            count,
            workers,
            index =>
            {
                measures[index] = ModuleMeasure.Of(adapter.Modules[index], cancellationToken);
                profiles[index] = Describe(adapter.Modules[index], measures[index], bases, cancellationToken);
                options.Progress?.Report(new ComparisonProgress(Interlocked.Increment(ref done), count));
            },
            cancellationToken);

        int[] strongest =
        [
            .. Enumerable.Range(0, count).Where(index => measures[index] is { Norm: > 0, EffectiveRank: not null })
                .OrderByDescending(index => measures[index].Norm).Take(options.Spectra),
        ];
        ParallelWork.Run(
            strongest.Length,
            workers,
            at => profiles[strongest[at]] = profiles[strongest[at]] with
            {
                SingularValues = ModuleMeasure.SingularValues(adapter.Modules[strongest[at]], measures[strongest[at]].StrongestExpert, cancellationToken),
            },
            cancellationToken);
        return [.. profiles];
    }

    private static ModuleProfile Describe(AdapterModule module, ModuleMeasure measure, BaseNorms? bases, CancellationToken cancellationToken) => new()
    {
        Path = module.Path,
        FullPath = module.FullPath,
        Kind = module.Kind,
        Rank = module.Rank,
        Scale = module.Scale,
        HasMagnitude = module.Magnitude is not null,
        Norm = measure.Norm,
        EffectiveRank = measure.EffectiveRank,
        WeightNorm = bases?.Of(module, cancellationToken),
    };
}
