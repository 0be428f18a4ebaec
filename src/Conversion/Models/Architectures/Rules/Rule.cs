using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures.Expressions;
using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Models.Architectures.Rules;

/// <summary>How one Hugging Face module or parameter corresponds to MLX modules.</summary>
internal abstract record Rule
{
    /// <summary>The Hugging Face path.</summary>
    public required PathPattern Source { get; init; }

    /// <summary>Where that path occurs.</summary>
    public Runtime Runtime { get; init; }

    /// <summary>When the rule holds; <see langword="null"/> for always.</summary>
    public Condition? When { get; init; }

    /// <summary>The MLX modules that the rule leads to.</summary>
    public abstract ImmutableArray<RuleTarget> Targets { get; }

    /// <summary>Whether the rule holds for a layer; <see langword="null"/> where the configuration is needed and does not say.</summary>
    public bool? Holds(BaseConfig? config, int? layer) => When is null ? true : When.Holds(config, layer);

    /// <summary>Whether the rule's names are written for a layout.</summary>
    public bool IsWrittenFor(HfLayout layout) => Runtime switch
    {
        Runtime.All => true,
        Runtime.Transformers5 => layout == HfLayout.Transformers5,
        Runtime.Transformers4 => layout != HfLayout.Transformers5,
        _ => false,
    };
}
