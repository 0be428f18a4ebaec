using System.Collections.Immutable;

namespace Transfuse.Apply.Saving;

/// <summary>What a LoRA layer of a model in training says of itself besides its tensors.</summary>
/// <param name="Path">Its path from the model's root, such as <c>model.layers.3.self_attn.q_proj</c>.</param>
/// <seealso cref="Transfuse.Apply.Saving.AdapterSaver" />
public sealed record LiveLayer(string Path)
{
    /// <summary>
    /// The elements of its <c>scale</c>: one for a number, or for an array as many as it has. An array serves where all of them are equal as float32. A layer
    /// without any is refused: a multiplier is never guessed.
    /// </summary>
    public ImmutableArray<double> Scale { get; init; } = [];

    /// <summary>
    /// The keep-probability of its dropout (<c>_p_1</c> of mlx.nn.Dropout, which is 1 - p). It wins over <see cref="Dropout"/>. Default: none.
    /// </summary>
    public double? KeepProbability { get; init; }

    /// <summary>The <c>p</c> of its dropout. Default: none, which is 0.</summary>
    public double? Dropout { get; init; }

    /// <summary>Whether it is a DoRA layer. A parameter <c>m</c> of any other layer is no magnitude. Default: no.</summary>
    public bool IsDora { get; init; }
}
