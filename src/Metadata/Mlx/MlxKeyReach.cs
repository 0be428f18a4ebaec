using System.Collections.Immutable;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Inference;

namespace Transfuse.Metadata.Mlx;

/// <summary>
/// Which modules of an adapter its keys reach (mlx-lm 0.32 <c>linear_to_lora_layers</c>): by the path below a layer in the last N layers, or by the full path
/// anywhere.
/// </summary>
/// <param name="Unreached">Modules that no key reaches: a reader drops or refuses their tensors.</param>
/// <param name="Doubled">Modules that two keys reach, which mlx-lm refuses.</param>
/// <param name="Idle">Keys that reach no module of the adapter.</param>
public sealed record MlxKeyReach(ImmutableArray<ModulePath> Unreached, ImmutableArray<ModulePath> Doubled, ImmutableArray<string> Idle)
{
    /// <summary>Whether every module is reached, by one key.</summary>
    public bool IsComplete => Unreached.IsEmpty && Doubled.IsEmpty;

    /// <summary>Follows the keys.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="numLayers">How many of the last layers take relative keys; 0 and negative numbers mean all.</param>
    /// <param name="paths">The adapter's modules.</param>
    /// <param name="baseLayers">The base's number of layers; where it is unknown the highest adapted layer counts as the last.</param>
    public static MlxKeyReach Follow(IReadOnlyCollection<string> keys, long numLayers, IReadOnlyCollection<ModulePath> paths, int? baseLayers)
    {
        HashSet<string> all = new(keys, StringComparer.Ordinal);
        long layers = baseLayers ?? (LayerInference.Infer(paths)?.Last + 1L) ?? 0;
        long first = numLayers > 0 ? layers - numLayers : 0;
        HashSet<string> used = new(StringComparer.Ordinal);
        var unreached = ImmutableArray.CreateBuilder<ModulePath>();
        var doubled = ImmutableArray.CreateBuilder<ModulePath>();
        foreach (ModulePath path in paths)
        {
            bool byFullPath = all.Contains(path.Text);
            bool byRelative = path.IsInLayer && path.Layer >= first && all.Contains(path.Relative);
            used.UnionWith([.. byFullPath ? [path.Text] : Array.Empty<string>(), .. byRelative ? [path.Relative] : Array.Empty<string>()]);
            if (byFullPath && byRelative)
            {
                doubled.Add(path);
            }
            else if (!byFullPath && !byRelative)
            {
                unreached.Add(path);
            }
        }

        return new MlxKeyReach(unreached.ToImmutable(), doubled.ToImmutable(), [.. keys.Where(key => !used.Contains(key)).Distinct(StringComparer.Ordinal)]);
    }
}
