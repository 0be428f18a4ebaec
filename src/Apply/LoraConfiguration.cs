using System.Collections.Immutable;

namespace Transfuse.Apply;

/// <summary>What a new adapter is like.</summary>
/// <example>
/// <code>
/// using AdapterContainer container = AdapterContainer.Create(model, new LoraConfiguration { Rank = 4, Scale = 2, Keys = ["self_attn.q_proj"] });
/// </code>
/// </example>
public sealed record LoraConfiguration
{
    /// <summary>The rank of every module. Default: 8.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>The final multiplier of B A. Default: 20, as mlx-lm (0.32.0) has it.</summary>
    public double Scale { get; init; } = 20;

    /// <summary>The dropout that training would use; no effect here. Default: 0.</summary>
    public double Dropout { get; init; }

    /// <summary>How many layers are adapted, counted from the last; 0 for all. Default: 16, as mlx-lm has it.</summary>
    public int Layers { get; init; } = 16;

    /// <summary>
    /// Paths below a layer, such as <c>self_attn.q_proj</c>, and whole paths, such as <c>lm_head</c>. Default: everything inside the layers that can be
    /// adapted.
    /// </summary>
    public ImmutableArray<string> Keys { get; init; } = [];

    /// <summary>Whether linear modules are DoRA. Default: no.</summary>
    public bool IsDora { get; init; }
}
