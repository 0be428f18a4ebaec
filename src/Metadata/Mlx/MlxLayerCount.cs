using Transfuse.Metadata.Adapters;

namespace Transfuse.Metadata.Mlx;

/// <summary>What an MLX adapter itself tells about the number of layers of its base.</summary>
public static class MlxLayerCount
{
    /// <summary>
    /// The number, or <see langword="null"/>. Unsloth writes it as <c>num_layers</c>. mlx-lm's <c>num_layers</c> N with the last N layers
    /// adapted tells it too, if the adapted layers end N layers after they begin: the adapter was trained on the last N of them.
    /// </summary>
    public static int? Infer(MlxSettings settings, IReadOnlyCollection<AdapterModule> modules)
    {
        int[] layers = [.. modules.Where(module => module.Path.IsInLayer).Select(module => module.Path.Layer).Distinct().Order()];
        if (layers.Length == 0 || settings.NumLayers is not { } stated || stated <= 0)
        {
            return null;
        }

        if (settings.NumLayersIsTotal)
        {
            return stated > layers[^1] && stated < MlxKeys.AllLayers ? (int)stated : null;
        }

        bool relativeKeys = settings.Keys is { } keys && keys.Any(key => modules.Any(module => module.Path.IsInLayer && module.Path.Relative == key));
        return relativeKeys && layers.Length == stated && layers[^1] - layers[0] + 1 == stated ? layers[^1] + 1 : null;
    }
}
