using System.Collections.Immutable;
using System.Globalization;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>The Hugging Face counterpart of an MLX module, or why it has none.</summary>
/// <param name="Source">The MLX path as given.</param>
internal sealed record HfMapping(string Source)
{
    /// <summary>What <see cref="Path"/> names.</summary>
    public HfForm Form { get; init; }

    /// <summary>
    /// The path of the module (<see cref="HfForm.Module"/>, <see cref="HfForm.Parameter"/>) or of the parameter
    /// (<see cref="HfForm.Packed"/>, <see cref="HfForm.ExpertRows"/>); with <c>{e}</c> for the expert index where there is one
    /// module per expert. Empty where <see cref="Finding"/> says why.
    /// </summary>
    public string Path { get; init; } = "";

    /// <summary>The kind of the MLX layer.</summary>
    public TargetKind Kind { get; init; }

    /// <summary>What the model uses the module for, where tying makes it special.</summary>
    public ModuleRole Role { get; init; }

    /// <summary>The layer index, or <see langword="null"/> outside the layers.</summary>
    public int? Layer { get; init; }

    /// <summary>What leads from the Hugging Face side to this module, in order; they are undone on the way back.</summary>
    public ImmutableArray<ModuleStep> Steps { get; init; } = [];

    /// <summary>The rows of the Hugging Face tensor that are this module's.</summary>
    public RowSelection Rows => Steps.Rows();

    /// <summary>The MLX modules that share the Hugging Face tensor, this one included, in the order of their rows; one where it is not shared.</summary>
    public ImmutableArray<string> Partners { get; init; } = [];

    /// <summary>Whether the Hugging Face side keeps the transpose: its A is B transposed, its B is A transposed.</summary>
    public bool Transposed => Steps.IsTransposed();

    /// <summary>What the rows of B are divided by, in order; empty for nothing.</summary>
    public ImmutableArray<RowScale> Scale => Steps.Scale();

    /// <summary>The axes, where the path names a packed parameter.</summary>
    public PackedParameter? Packed { get; init; }

    /// <summary>Why there is no counterpart.</summary>
    public Finding? Finding { get; init; }

    internal MappingGap Gap { get; init; }

    /// <summary>The parameter as PEFT's <c>target_parameters</c> names it; the path of a module with <c>.weight</c> where it is none itself.</summary>
    public string ParameterPath => Form is HfForm.Packed or HfForm.ExpertRows ? Path : Path + ".weight";

    public string PathOf(int expert) => Path.Replace("{e}", expert.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
