namespace Transfuse.Conversion.Architectures.Mapping;

/// <summary>The axes of a packed expert parameter. Extents are <see langword="null"/> where the base model's configuration does not give them.</summary>
/// <param name="Layout">Order of the axes; <see langword="null"/> where it differs between versions of transformers.</param>
/// <param name="Experts">Number of experts in the parameter; may exceed the model's (LongCat's zero experts, which have no effect).</param>
/// <param name="In">Input features of one expert.</param>
/// <param name="Out">Output features of one expert, those of all parts together.</param>
public sealed record PackedParameter(PackedLayout? Layout, long? Experts, long? In, long? Out);
