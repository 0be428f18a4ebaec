using System.Collections.Immutable;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Inference;
using Transfuse.Metadata.Targets;

namespace Transfuse.Metadata.Mlx;

/// <summary>Which modules of an adapter its keys reach in mlx-lm, by <see cref="KeyReach"/>.</summary>
/// <param name="Unreached">Modules that no key reaches: a reader drops or refuses their tensors.</param>
/// <param name="Doubled">Modules that two keys reach, which mlx-lm refuses.</param>
/// <param name="Idle">Keys that reach no module of the adapter.</param>
internal sealed record MlxKeyUse(ImmutableArray<ModulePath> Unreached, ImmutableArray<ModulePath> Doubled, ImmutableArray<string> Idle)
{
    /// <summary>Whether every module is reached, by one key.</summary>
    public bool IsComplete => Unreached.IsEmpty && Doubled.IsEmpty;

    /// <summary>Follows the keys.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="numLayers">How many of the last layers take relative keys; 0 and negative numbers mean all.</param>
    /// <param name="paths">The adapter's modules.</param>
    /// <param name="baseLayers">The base's number of layers; where it is unknown the highest adapted layer counts as the last.</param>
    public static MlxKeyUse Follow(IReadOnlyCollection<string> keys, long numLayers, IReadOnlyCollection<ModulePath> paths, int? baseLayers)
    {
        KeyReach reach = KeyReach.OfMlxLm(keys, numLayers, baseLayers ?? (LayerInference.Infer(paths)?.Last + 1L) ?? 0);
        HashSet<string> used = new(StringComparer.Ordinal);
        var unreached = ImmutableArray.CreateBuilder<ModulePath>();
        var doubled = ImmutableArray.CreateBuilder<ModulePath>();
        foreach (ModulePath path in paths)
        {
            KeyForms named = reach.Match(path);
            used.UnionWith(named.HasFlag(KeyForms.FullPath) ? [path.Text] : []);
            used.UnionWith(named.HasFlag(KeyForms.Relative) ? [path.Relative] : []);
            if (named == (KeyForms.FullPath | KeyForms.Relative))
            {
                doubled.Add(path);
            }
            else if (named == KeyForms.None)
            {
                unreached.Add(path);
            }
        }

        return new MlxKeyUse(unreached.ToImmutable(), doubled.ToImmutable(), [.. keys.Where(key => !used.Contains(key)).Distinct(StringComparer.Ordinal)]);
    }
}
