using Transfuse.Conversion.Models.Steps;

namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>The axes of a packed expert parameter. Extents are <see langword="null"/> where the base model's configuration does not give them.</summary>
/// <param name="Layout">Order of the axes; <see langword="null"/> where it differs between versions of transformers.</param>
/// <param name="Experts">Number of experts in the parameter; may exceed the model's (LongCat's zero experts, which have no effect).</param>
/// <param name="In">Input features of one expert.</param>
/// <param name="Out">Output features of one expert, those of all parts together.</param>
/// <param name="IsTransposed">Whether its class says <c>is_transposed</c>.</param>
internal sealed record PackedParameter(PackedLayout? Layout, long? Experts, long? In, long? Out, bool IsTransposed)
{
    /// <summary>
    /// Whether PEFT's A acts on the input of the experts, by the rule of PEFT 0.19.1 and later: A acts on the last axis, or on the
    /// middle one where the class says <c>is_transposed</c>. <see langword="null"/> where the layout is unknown.
    /// </summary>
    public bool? ActsOnInput => Layout is null ? null : (Layout == PackedLayout.InOut) == IsTransposed;
}
