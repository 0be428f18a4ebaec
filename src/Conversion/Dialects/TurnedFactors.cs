using System.Collections.Immutable;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects;

/// <summary>
/// Factors of a square weight that were saved transposed: A (in, r) and B (r, out) multiply as well, but their rank is then the side of the weight.
/// Only the config's rank gives them away.
/// </summary>
internal static class TurnedFactors
{
    /// <summary>Names the modules whose factors would have the stated rank if they were turned around.</summary>
    /// <param name="modules">The modules as they were read.</param>
    /// <param name="stated">The rank that the config gives a module; <see langword="null"/> where it gives none.</param>
    /// <param name="log">Receives findings.</param>
    public static void Report(ImmutableArray<AdapterModule> modules, Func<AdapterModule, long?> stated, FindingLog log)
    {
        AdapterModule[] turned =
        [
            .. modules.Where(module => module.Kind == ModuleKind.Linear && stated(module) is { } rank && rank < module.Rank && module.InputSize == rank
                && module.OutputSize == rank),
        ];
        if (turned is [var first, ..])
        {
            log.Add(TensorCodes.TurnedFactors.At(
                [.. turned.Select(module => module.SourcePath)],
                $"has rank {first.Rank} by its factors, which turned around would have the {stated(first)} of the config"));
        }
    }
}
