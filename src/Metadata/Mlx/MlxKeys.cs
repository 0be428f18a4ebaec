using System.Collections.Immutable;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Targets;

namespace Transfuse.Metadata.Mlx;

/// <summary>
/// Plans <c>keys</c> and <c>num_layers</c> (mlx-lm 0.32 <c>linear_to_lora_layers</c>, mlx-swift-lm 3.31 <c>replaceLayers</c>).
/// MLX takes the last N layers, so a number below the base's count would miss early layers; a number above it means all.
/// </summary>
internal static class MlxKeys
{
    /// <summary>What mlx-swift-lm's own PEFT loader writes when it does not know the number of layers: more than any model has.</summary>
    public const int AllLayers = 1024;

    /// <summary>Plans the keys for a set of modules.</summary>
    /// <param name="paths">The adapted modules.</param>
    /// <param name="layerCount">The base's number of layers, if known.</param>
    /// <param name="forms">What the target's readers understand; relative keys are preferred where they are exact.</param>
    /// <returns>The plan, or <see langword="null"/> where no form reaches all modules.</returns>
    public static MlxKeyPlan? Plan(IReadOnlyCollection<ModulePath> paths, int? layerCount, KeyForms forms)
    {
        ModulePath[] inLayers = [.. paths.Where(path => path.IsInLayer)];
        string[] outside = [.. paths.Where(path => !path.IsInLayer).Select(path => path.Text)];
        if (outside.Length > 0 && !forms.HasFlag(KeyForms.FullPath))
        {
            return null;
        }

        string[] relative = [.. inLayers.Select(path => path.Relative).Distinct()];
        long layers = layerCount ?? inLayers.Select(path => path.Layer + 1L).DefaultIfEmpty(0).Max();
        long excess = KeyReach.OfMlxLm(relative, numLayers: 0, layers).ExcessOver(inLayers, layers);
        bool exact = excess == 0 && layerCount is not null && inLayers.Length > 0
            && inLayers.Select(path => path.LayersRoot).Distinct().Count() == 1;
        bool useRelative = forms.HasFlag(KeyForms.Relative) && (exact || !forms.HasFlag(KeyForms.FullPath));
        if (!useRelative && !forms.HasFlag(KeyForms.FullPath))
        {
            return null;
        }

        IEnumerable<string> keys = useRelative ? relative : inLayers.Select(path => path.Text);
        return new MlxKeyPlan(Sorted(keys.Concat(outside)), layerCount ?? AllLayers, useRelative ? excess : 0);
    }

    private static ImmutableArray<string> Sorted(IEnumerable<string> keys) => [.. keys.Order(StringComparer.Ordinal)];
}
