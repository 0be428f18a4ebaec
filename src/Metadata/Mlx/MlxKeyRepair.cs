using System.Collections.Immutable;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Inference;
using Transfuse.Metadata.Targets;

namespace Transfuse.Metadata.Mlx;

/// <summary>
/// Chooses <c>num_layers</c> and <c>keys</c> that reach exactly the modules of a file. What the config says is kept where it does so;
/// otherwise the tensors decide.
/// </summary>
/// <param name="NumLayers">The number; always positive.</param>
/// <param name="NumLayersReason">Why it differs from the config's; <see langword="null"/> where it does not.</param>
/// <param name="Keys">The keys.</param>
/// <param name="KeysReason">Why they differ from the config's; <see langword="null"/> where they do not.</param>
/// <param name="IsConfirmed">Whether the number is right for any base, or for the base that was given.</param>
/// <param name="Excess">Modules that new keys also reach but that the file does not have; counted among the layers that are known.</param>
internal sealed record MlxKeyRepair(int NumLayers, string? NumLayersReason, ImmutableArray<string> Keys, string? KeysReason, bool IsConfirmed, long Excess = 0)
{
    /// <summary>Chooses.</summary>
    /// <param name="number"><c>num_layers</c>, or <c>lora_layers</c> in its place.</param>
    /// <param name="keys">The keys, or <see langword="null"/> where the config has no list of strings.</param>
    /// <param name="paths">The modules of the file.</param>
    /// <param name="baseLayers">The base's number of layers, if known.</param>
    /// <param name="forms">The forms that new keys may have. Of both, paths below a layer are chosen if they reach exactly the modules of the file.</param>
    /// <param name="isDora">Whether modules without tensors must not be reached.</param>
    public static MlxKeyRepair Choose(
        MlxNumber number, ImmutableArray<string>? keys, IReadOnlyCollection<ModulePath> paths, int? baseLayers, KeyForms forms, bool isDora)
    {
        bool mayBeRelative = forms.HasFlag(KeyForms.Relative);
        bool mustBeRelative = !forms.HasFlag(KeyForms.FullPath);
        LayerEvidence? layers = LayerInference.Infer(paths);
        (int count, string? reason) = Layers(number, layers, baseLayers);
        bool isKept = reason is null;
        if (keys is { IsEmpty: false } stated
            && (mayBeRelative || !HasRelative(stated))
            && MlxKeyUse.Follow(stated, count, paths, baseLayers) is { IsComplete: true } reach)
        {
            ImmutableArray<string> used = [.. stated.Where(key => !reach.Idle.Contains(key))];
            string? idle = reach.Idle.IsEmpty ? null : $"the file has no tensors of {string.Join(", ", reach.Idle.Take(3))}";
            return new MlxKeyRepair(count, reason, used, idle, IsSure(used));
        }

        if (mayBeRelative && LastLayers(layers, baseLayers, isDora && mustBeRelative) is { } last && last != count)
        {
            count = last;
            reason = "the layers from the first with tensors to the last of the base";
        }

        bool isExact = layers is { IsUniform: true, IsContiguous: true } && (baseLayers is { } total
            ? layers.Last == total - 1 && layers.First == Math.Max(0, total - count)
            : isKept ? layers.Span == count : layers.First == 0 && number.AsInteger is <= 0);
        bool isRelative = mustBeRelative || (isExact && mayBeRelative);
        ImmutableArray<string> chosen = Sorted(paths.Select(path => isRelative ? path.Relative : path.Text));
        return new MlxKeyRepair(count, reason, chosen, $"they name the {paths.Count} modules of the file", IsSure(chosen), isRelative ? ExcessOf(chosen) : 0);

        bool IsSure(ImmutableArray<string> used) => baseLayers is not null || count >= MlxKeys.AllLayers || !HasRelative(used);

        bool HasRelative(ImmutableArray<string> used) => paths.Any(path => path.IsInLayer && used.Contains(path.Relative));

        long ExcessOf(ImmutableArray<string> relative)
        {
            long known = baseLayers ?? (layers?.Last + 1L) ?? 0;
            return KeyReach.OfMlxLm(relative, count, known).ExcessOver(paths, known);
        }
    }

    // The number with which paths below a layer reach the adapted layers alone. Without a base it takes the last adapted layer for the base's last, which is
    // worth it for DoRA only.
    private static int? LastLayers(LayerEvidence? layers, int? baseLayers, bool evenWithoutBase) => layers is not { IsUniform: true, IsContiguous: true } ? null
        : baseLayers is { } total ? layers.Last == total - 1 ? total - layers.First : null
        : evenWithoutBase ? (int)layers.Span : null;

    private static (int Count, string? Reason) Layers(MlxNumber number, LayerEvidence? layers, int? baseLayers)
    {
        int all = baseLayers ?? MlxKeys.AllLayers;
        string meaning = baseLayers is null ? "all layers, whose number is not known" : "the base's layers";
        return number.AsInteger switch
        {
            null => (all, $"{meaning}; the field was {(number.IsMissing ? "missing" : "unusable")}"),
            <= 0 => (all, $"{meaning}: to mlx-lm 0 and negative numbers mean all, to mlx-swift-lm none, or they stop it"),
            { } stated when layers is not null && !layers.IsReachedBy(stated, baseLayers) => (
                all, $"{meaning}: tensors begin at layer {layers.First}, which the last {stated} layers do not include"),
            { } stated => ((int)stated, null),
        };
    }

    private static ImmutableArray<string> Sorted(IEnumerable<string> keys) => [.. keys.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
