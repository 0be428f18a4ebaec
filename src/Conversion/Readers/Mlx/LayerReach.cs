using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Readers.Mlx;

/// <summary>
/// Which modules mlx-lm's <c>linear_to_lora_layers</c> wraps (mlx-lm 0.32.0; mlx-vlm 0.6 has a copy): those that the keys name, if it has a wrapper for them.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="named">What the keys name.</param>
/// <param name="isDora">Whether the wrappers are DoRA's, which stacked experts do not have.</param>
internal sealed class LayerReach(ModelOutline model, KeyReach named, bool isDora) : ModuleReach
{
    public ModelOutline Model => model;

    /// <summary>What the keys name.</summary>
    public KeyReach Named => named;

    /// <summary>Whether the wrappers are DoRA's.</summary>
    public bool IsDora => isDora;

    public override bool Wraps(string path)
    {
        ModelSlot place = model.Find(path);
        return place.CanBeWrapped && !(isDora && place.Kind == TargetKind.Switch) && FormsOf(path) != KeyForms.None;
    }

    public override bool WouldWrapInAllLayers(string path) =>
        model.Find(path).CanBeWrapped && model.TrySplit(path, out _, out string relative) && named.NamesBelowLayer(relative);

    /// <summary>How the keys name a path.</summary>
    public KeyForms FormsOf(string path) =>
        model.TrySplit(path, out int layer, out string relative) ? named.Match(path, layer, relative) : named.Match(path, null, path);
}
