using System.Collections.Frozen;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Outlines;

namespace Transfuse.Conversion.Checking.Mlx;

/// <summary>
/// Which modules mlx-swift-lm's <c>replaceLayers</c> wraps (3.31.4): linear layers of the last N of the model's <c>loraLayers</c> whose path below such a layer
/// equals a key. No keys mean all linear layers in them. Nothing outside the layers, no experts, no embeddings.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="support">What the table knows of the model in Swift, where it does.</param>
/// <param name="layers">N; not negative.</param>
/// <param name="keys">The keys, or <see langword="null"/>.</param>
internal sealed class SwiftWrapping(ModelOutline model, SwiftSupport? support, long layers, FrozenSet<string>? keys)
{
    private const string Attention = "self_attn";

    public bool Wraps(string path) => model.TrySplit(path, out int layer, out string relative) && layer >= model.LayerCount - layers && WrapsBelow(path, relative);

    /// <summary>Whether the module would be wrapped if all layers were.</summary>
    public bool WouldWrapInAllLayers(string path) => model.TrySplit(path, out _, out string relative) && WrapsBelow(path, relative);

    /// <summary>Whether a path names a layer beyond the last, whose tensors are dropped without a word.</summary>
    public bool IsBeyond(string path) => model.IsLayerCountKnown && model.TrySplit(path, out int layer, out _) && layer >= model.LayerCount;

    /// <summary>The release that alone wraps a module which is wrapped, or <see langword="null"/> where all do: Gemma 4 offered its attention modules to adapters, and since pull request 602 its layers.</summary>
    public string? ReleaseOf(string path) =>
        support?.Adapts != Attention || !model.TrySplit(path, out _, out string relative) || (Reaches(relative) && Reaches(BelowAttention(relative))) ? null
        : Reaches(relative) ? "mlx-swift-lm since its pull request 602 (September 2026)"
        : "mlx-swift-lm 3.31.4 and before";

    private bool WrapsBelow(string path, string relative)
    {
        bool isLinear = model.Find(path).IsLinear || support?.Also.Contains(relative) == true;
        return isLinear && (Reaches(relative) || (support?.Adapts == Attention && Reaches(BelowAttention(relative))));
    }

    private bool Reaches(string? key) => key is not null && (keys is null || keys.Contains(key));

    private static string? BelowAttention(string relative) => relative.StartsWith(Attention + ".", StringComparison.Ordinal) ? relative[(Attention.Length + 1)..] : null;
}
