using System.Collections.Immutable;
using Transfuse.Conversion.Verification;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion.Pipeline;

/// <summary>What the caller decides about a conversion. The defaults never change values.</summary>
public sealed record ConversionOptions
{
    /// <summary>All defaults.</summary>
    public static ConversionOptions Default { get; } = new();

    /// <summary>The base's <c>model_type</c>; <c>identity</c> keeps all names. Default: from the base, else from the adapter where that is unambiguous.</summary>
    public string? ModelType { get; init; }

    /// <summary>The sub-folder to read where a folder holds several adapters. Default: the only one.</summary>
    public string? AdapterName { get; init; }

    /// <summary>The dtype of all factors. Default: each keeps its own.</summary>
    public DType? DType { get; init; }

    /// <summary>Ids of finding codes whose loss is accepted. Default: none.</summary>
    public ImmutableHashSet<string> Allowed { get; init; } = [];

    /// <summary>Whether to read the output back before it is put in place, and to compare its deltas with the source's. Default: no.</summary>
    public bool Verify { get; init; }

    /// <summary>Whether to stop before anything is written. Default: no.</summary>
    public bool DryRun { get; init; }

    /// <summary>The transformers generation whose names PEFT output uses: 5 packs experts into parameters, 4 has a module for each. Default: 5.</summary>
    public int TransformersGeneration { get; init; } = 5;

    /// <summary>The orientation of packed experts that are square. Default: from evidence, else refused.</summary>
    public ExpertOrientation? ExpertOrientation { get; init; }

    /// <summary>The final multiplier of an MLX adapter, where its config does not tell. Default: from the config.</summary>
    public double? Scale { get; init; }

    /// <summary>The dropout of an MLX adapter, where its config does not tell. Default: from the config.</summary>
    public double? Dropout { get; init; }

    /// <summary>The program that wrote an MLX adapter, where its config means one thing or another by version. Default: unknown.</summary>
    public MlxProducer? Producer { get; init; }

    /// <summary>
    /// The highest rank that a module of a method other than LoRA may get when it becomes LoRA; at least 1. Above it the conversion is refused, unless
    /// <see cref="SvdRank"/> is given. Default: half of the smaller side of the module's weight, at least 1.
    /// </summary>
    public int? MaxRank { get; init; }

    /// <summary>
    /// The rank to which modules of a method other than LoRA are truncated when they become LoRA; at least 1. Truncated are the modules whose rank is
    /// above <see cref="MaxRank"/> where that is given, else those whose rank is above this. Default: none; all conversions are exact to float32 rounding.
    /// </summary>
    public int? SvdRank { get; init; }

    /// <summary>How source and output, or two adapters, are compared; its parallelism is that of the whole. Default: <see cref="ComparisonOptions.Default"/>.</summary>
    public ComparisonOptions Comparison { get; init; } = ComparisonOptions.Default;

    /// <summary>Most tensors in work at one time. Default: one for each processor.</summary>
    public int MaxDegreeOfParallelism { get; init; } = Environment.ProcessorCount;
}
