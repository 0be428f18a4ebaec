using System.Collections.Immutable;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Saving;

/// <summary>
/// A model in training, as the program that trains it sees it: parameters by the names that MLX gives them, and its LoRA layers.
/// Only <see cref="Layers"/> tells which modules are the adapter's, not a name that looks like it.
/// </summary>
/// <seealso cref="Transfuse.Apply.Saving.AdapterSaver" />
public sealed record LiveModel
{
    /// <summary>
    /// The parameters: the factors of every layer (<c>P.lora_a</c> and <c>P.lora_b</c>, or <c>P.lora_a.weight</c> and <c>P.lora_b.weight</c> where they are
    /// layers of their own; <c>P.m</c>), and what else is trained. Names are unique.
    /// </summary>
    public required ImmutableArray<NamedTensor> Parameters { get; init; }

    /// <summary>The LoRA layers. Paths are unique.</summary>
    public required ImmutableArray<LiveLayer> Layers { get; init; }

    /// <summary>
    /// Names of the parameters that are trained. What is not, and is no factor, is the base's and stays out. Default: <see langword="null"/>, all of them.
    /// </summary>
    public IReadOnlySet<string>? Trainable { get; init; }
}
