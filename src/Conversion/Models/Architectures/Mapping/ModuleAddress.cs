namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>A path after its root was recognised.</summary>
/// <param name="Layer">The layer index, or <see langword="null"/> outside the layers.</param>
/// <param name="Path">Relative to the layer, or the first spelling of a global module's path.</param>
/// <param name="Global">The module, where it lies outside the layers.</param>
/// <param name="Indices">What its placeholders stand for.</param>
internal sealed record ModuleAddress(int? Layer, string Path, GlobalModule? Global, PathIndices Indices);
