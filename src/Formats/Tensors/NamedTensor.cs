namespace Transfuse.Formats.Tensors;

/// <summary>A tensor under the name that its container gives it.</summary>
/// <seealso cref="Transfuse.Formats.Safetensors.SafetensorsFile" />
public readonly record struct NamedTensor(string Name, LazyTensor Tensor);
