using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>An allowed function, class or element type, by name only.</summary>
/// <param name="name">Module and name, joined by a point.</param>
/// <param name="role">What it is for.</param>
/// <param name="elementType">The type of a storage class or element type; <see langword="null"/> where safetensors has none.</param>
internal sealed class PickleGlobal(string name, GlobalRole role, DType? elementType = null) : PickleValue
{
    public string Name { get; } = name;

    public GlobalRole Role { get; } = role;

    public DType? ElementType { get; } = elementType;

    public override string Kind => $"the global {Name}";
}
