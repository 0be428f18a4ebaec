using System.Globalization;

namespace Transfuse.Metadata.Adapters;

/// <summary>
/// A module's dotted path, such as <c>model.layers.3.self_attn.q_proj</c>. The first number that has a name before it and
/// a name after it is the layer index; a path without one, such as <c>lm_head</c>, lies outside the layers.
/// </summary>
/// <example>
/// <code>
/// ModulePath path = ModulePath.Parse("model.layers.3.self_attn.q_proj");
/// Console.WriteLine($"{path.Layer} {path.Relative}");     // 3 self_attn.q_proj
/// </code>
/// </example>
public readonly record struct ModulePath : IComparable<ModulePath>
{
    private ModulePath(string text, string? layersRoot, int layer, string relative)
    {
        Text = text;
        LayersRoot = layersRoot;
        Layer = layer;
        Relative = relative;
    }

    /// <summary>The whole path.</summary>
    public string Text { get; }

    /// <summary>What stands before the layer index, such as <c>model.layers</c>; <see langword="null"/> outside the layers.</summary>
    public string? LayersRoot { get; }

    /// <summary>The layer index; -1 outside the layers.</summary>
    public int Layer { get; }

    /// <summary>The path below the layer, such as <c>self_attn.q_proj</c>; outside the layers the whole path.</summary>
    public string Relative { get; }

    /// <summary>The last segment, such as <c>q_proj</c>.</summary>
    public string Leaf => LeafOf(Text);

    /// <summary>Whether the module lies inside a layer.</summary>
    public bool IsInLayer => LayersRoot is not null;

    /// <summary>The last segment of a path: what follows its last dot, or all of it.</summary>
    public static string LeafOf(string path) => path[(path.LastIndexOf('.') + 1)..];

    /// <summary>Splits a path.</summary>
    /// <exception cref="ArgumentException">The path is empty or has an empty segment.</exception>
    public static ModulePath Parse(string text) =>
        TryParse(text, out ModulePath path) ? path : throw new ArgumentException($"'{text}' is not a module path.", nameof(text));

    /// <summary>Splits a path, unless it is empty or has an empty segment.</summary>
    public static bool TryParse(string text, out ModulePath path)
    {
        path = default;
        if (text.Length == 0 || text[0] == '.' || text[^1] == '.' || text.Contains("..", StringComparison.Ordinal))
        {
            return false;
        }

        for (int start = text.IndexOf('.', StringComparison.Ordinal) + 1; start > 0; start = text.IndexOf('.', start) + 1)
        {
            int length = text.AsSpan(start).IndexOf('.');
            if (length >= 0 && int.TryParse(text.AsSpan(start, length), NumberStyles.None, CultureInfo.InvariantCulture, out int layer))
            {
                path = new ModulePath(text, text[..(start - 1)], layer, text[(start + length + 1)..]);
                return true;
            }
        }

        path = new ModulePath(text, null, -1, text);
        return true;
    }

    /// <summary>Orders by layers root, layer and path below it, ordinal; paths outside the layers first.</summary>
    public int CompareTo(ModulePath other)
    {
        int order = string.CompareOrdinal(LayersRoot, other.LayersRoot);
        order = order != 0 ? order : Layer.CompareTo(other.Layer);
        return order != 0 ? order : string.CompareOrdinal(Relative, other.Relative);
    }

    /// <inheritdoc />
    public override string ToString() => Text;
}
