using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Inference;

namespace Transfuse.Metadata.Mlx;

/// <summary>What an MLX adapter itself tells about the number of layers of its base.</summary>
internal static class MlxLayerCount
{
    /// <summary>
    /// The number, or <see langword="null"/>. Unsloth writes it as <c>num_layers</c>. mlx-lm's <c>num_layers</c> N with the last N layers
    /// adapted tells it too, if exactly N layers in a row are adapted, all in the same modules: the adapter was trained on the last N of them.
    /// </summary>
    /// <param name="settings">What the config says.</param>
    /// <param name="keys">Its keys, or <see langword="null"/>.</param>
    /// <param name="paths">The adapted modules.</param>
    public static int? Infer(MlxSettings settings, IReadOnlyCollection<string>? keys, IReadOnlyCollection<ModulePath> paths)
    {
        if (LayerInference.Infer(paths) is not { } layers || settings.NumLayers is not { } stated || stated <= 0)
        {
            return null;
        }

        if (settings.NumLayersIsTotal)
        {
            return stated > layers.Last && stated < MlxKeys.AllLayers ? (int)stated : null;
        }

        KeyReach reach = KeyReach.OfMlxLm(keys, numLayers: 0, layerCount: 0);
        bool byLayer = paths.Where(path => path.IsInLayer).All(path => reach.NamesBelowLayer(path.Relative));
        return byLayer && layers is { IsUniform: true, IsContiguous: true } && layers.Span == stated ? layers.Last + 1 : null;
    }
}
