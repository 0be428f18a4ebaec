using System.Collections.Immutable;

namespace Transfuse.Conversion.Models.Architectures;

/// <summary>The path of the list of decoder layers, per layout, such as <c>model.layers</c>.</summary>
internal sealed class LayerRoots
{
    // Asked for each path of each adapter.
    private ImmutableArray<string> _huggingFace;

    /// <summary>In transformers 5, and where nothing else is said everywhere in Hugging Face's world.</summary>
    public required string Transformers5 { get; init; }

    /// <summary>In transformers 4, or in code that comes with the model.</summary>
    public required string Transformers4 { get; init; }

    /// <summary>In weight files.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>Other paths that adapters have, such as those of text-only classes and of transformers before 4.52.</summary>
    public required ImmutableArray<string> Aliases { get; init; }

    /// <summary>In mlx-lm.</summary>
    public required string Mlx { get; init; }

    public required string MlxVlm { get; init; }

    /// <summary>The path in a Hugging Face layout.</summary>
    public string For(HfLayout layout) => layout switch
    {
        HfLayout.Transformers4 => Transformers4,
        HfLayout.Checkpoint => Checkpoint,
        _ => Transformers5,
    };

    /// <summary>All paths of the Hugging Face side, the longest first.</summary>
    internal ImmutableArray<string> HuggingFace
    {
        get
        {
            if (_huggingFace.IsDefault)
            {
                _huggingFace = [.. new[] { Transformers5, Transformers4, Checkpoint }.Concat(Aliases).Distinct().OrderByDescending(root => root.Length)];
            }

            return _huggingFace;
        }
    }
}
