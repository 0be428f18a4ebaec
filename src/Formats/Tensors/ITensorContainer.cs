using System.Collections.Immutable;

namespace Transfuse.Formats.Tensors;

/// <summary>An open file of named tensors. Tensors are usable until it is disposed; after that they throw <see cref="ObjectDisposedException"/>.</summary>
/// <seealso cref="Transfuse.Formats.Safetensors.SafetensorsFile" />
public interface ITensorContainer : IDisposable
{
    /// <summary>All tensors, sorted by name (ordinal); names are unique.</summary>
    ImmutableArray<NamedTensor> Tensors { get; }

    /// <summary>The container's own string metadata, or <see langword="null"/> where it has none.</summary>
    IReadOnlyDictionary<string, string>? Metadata { get; }
}
