using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion.Readers.MlxSwift;

/// <summary>
/// Which modules mlx-swift-lm's <c>replaceLayers</c> wraps (3.31.4): linear layers of the last N of the model's <c>loraLayers</c> that the keys name. Nothing
/// outside the layers, no experts, no embeddings.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="support">What the table knows of the model in Swift, where it does.</param>
/// <param name="named">What the keys name.</param>
internal sealed class SwiftReach(ModelOutline model, SwiftSupport? support, KeyReach named) : ModuleReach
{
    public override bool Wraps(string path) =>
        model.TrySplit(path, out int layer, out string relative) && named.IsSelected(layer) && WrapsBelow(path, relative);

    public override bool WouldWrapInAllLayers(string path) => model.TrySplit(path, out _, out string relative) && WrapsBelow(path, relative);

    /// <summary>Whether a path names a layer beyond the last, whose tensors are dropped without a word.</summary>
    public bool IsBeyond(string path) => model.IsLayerCountKnown && model.TrySplit(path, out int layer, out _) && layer >= model.LayerCount;

    /// <summary>
    /// The release that alone wraps a module which is wrapped, or <see langword="null"/> where all do: Gemma 4 offered its attention modules to adapters, and
    /// since pull request 602 its layers.
    /// </summary>
    public string? ReleaseOf(string path) =>
        support?.Adapts != SwiftModels.Attention || !model.TrySplit(path, out _, out string relative)
            || (IsNamed(relative) && IsNamed(BelowAttention(relative))) ? null
        : IsNamed(relative) ? "mlx-swift-lm since its pull request 602 (September 2026)"
        : "mlx-swift-lm 3.31.4 and before";

    private bool WrapsBelow(string path, string relative)
    {
        bool isLinear = model.Find(path).IsLinear || support?.Also.Contains(relative) == true;
        return isLinear && (IsNamed(relative) || (support?.Adapts == SwiftModels.Attention && IsNamed(BelowAttention(relative))));
    }

    private bool IsNamed(string? key) => key is not null && named.NamesBelowLayer(key);

    private static string? BelowAttention(string relative) =>
        SwiftModels.IsInAttention(relative) ? relative[(SwiftModels.Attention.Length + 1)..] : null;
}
