using System.Collections.Frozen;
using System.Collections.Immutable;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Targets;

namespace Transfuse.Metadata.Mlx;

/// <summary>
/// Which paths a config's <c>num_layers</c> and <c>keys</c> name: the one statement of what mlx-lm's <c>linear_to_lora_layers</c> (0.32; mlx-vlm 0.6 has a
/// copy) and mlx-swift-lm's <c>replaceLayers</c> (3.31.4) look for. Whether a reader can wrap what is named there is for the reader to say.
/// </summary>
/// <remarks>
/// Both take the last N layers, and in them the modules whose path below the layer equals a key; no keys at all mean every module in them. mlx-lm then
/// goes through the whole model, with full paths. To mlx-lm an N of 0 and below means all layers, to mlx-swift-lm none.
/// </remarks>
internal sealed class KeyReach
{
    private readonly FrozenSet<string>? _keys;
    private readonly long _first;
    private readonly bool _takesFullPaths;

    private KeyReach(IEnumerable<string>? keys, long first, bool takesFullPaths)
    {
        _keys = keys?.ToFrozenSet(StringComparer.Ordinal);
        _first = first;
        _takesFullPaths = takesFullPaths;
    }

    /// <summary>Whether there is a list of keys, be it an empty one.</summary>
    public bool HasKeys => _keys is not null;

    /// <summary>The keys, each once, sorted (ordinal); none where there is no list.</summary>
    public ImmutableArray<string> Keys => [.. (_keys ?? []).Order(StringComparer.Ordinal)];

    /// <summary>As mlx-lm, mlx-vlm and Unsloth look for them.</summary>
    /// <param name="keys">The keys, or <see langword="null"/> where the config has none.</param>
    /// <param name="numLayers"><c>num_layers</c>.</param>
    /// <param name="layerCount">The model's number of layers.</param>
    public static KeyReach OfMlxLm(IEnumerable<string>? keys, long numLayers, long layerCount) =>
        new(keys, numLayers > 0 ? layerCount - numLayers : long.MinValue, takesFullPaths: true);

    /// <summary>As mlx-swift-lm looks for them.</summary>
    /// <param name="keys">The keys, or <see langword="null"/> where the config has none.</param>
    /// <param name="numLayers"><c>num_layers</c>; not negative.</param>
    /// <param name="layerCount">The model's number of layers.</param>
    public static KeyReach OfMlxSwift(IEnumerable<string>? keys, long numLayers, long layerCount) => new(keys, layerCount - numLayers, takesFullPaths: false);

    /// <summary>Whether paths below a layer count in it.</summary>
    /// <param name="layer">The layer's index.</param>
    public bool IsSelected(long layer) => layer >= _first;

    /// <summary>Whether a key, or the lack of a list, names a path below a layer.</summary>
    public bool NamesBelowLayer(string relative) => _keys is null || _keys.Contains(relative);

    /// <summary>How a module is named: by its path below its layer, by its full path, by both (which mlx-lm refuses), or not.</summary>
    /// <param name="path">The full path.</param>
    /// <param name="layer">The index of the layer that it lies in; <see langword="null"/> outside the layers.</param>
    /// <param name="relative">Its path below that layer.</param>
    public KeyForms Match(string path, int? layer, string relative) =>
        (layer is { } index && IsSelected(index) && NamesBelowLayer(relative) ? KeyForms.Relative : KeyForms.None)
        | (_takesFullPaths && _keys?.Contains(path) == true ? KeyForms.FullPath : KeyForms.None);

    /// <summary>How many modules the keys name by paths below a layer beyond those that are there: a reader wraps them, and finds no tensors.</summary>
    /// <param name="paths">The modules that are there.</param>
    /// <param name="layerCount">The model's number of layers.</param>
    public long ExcessOver(IReadOnlyCollection<ModulePath> paths, long layerCount)
    {
        ModulePath[] inLayers = [.. paths.Where(path => path.IsInLayer)];
        long named = inLayers.Select(path => path.Relative).Distinct(StringComparer.Ordinal).LongCount(NamesBelowLayer);
        return (named * (layerCount - Math.Max(_first, 0))) - inLayers.Length;
    }

    /// <inheritdoc cref="Match(string, int?, string)"/>
    public KeyForms Match(ModulePath path) => Match(path.Text, path.IsInLayer ? path.Layer : null, path.Relative);
}
