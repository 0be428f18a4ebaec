using System.Collections.Frozen;
using System.Collections.Immutable;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Checking;

/// <summary>The tensors of a weights file under the names that they have there.</summary>
/// <param name="fileName">The file.</param>
/// <param name="tensors">All of them.</param>
internal sealed class RawTensors(string fileName, ImmutableArray<NamedTensor> tensors)
{
    private readonly FrozenDictionary<string, LazyTensor> _byName = tensors.ToFrozenDictionary(tensor => tensor.Name, tensor => tensor.Tensor, StringComparer.Ordinal);

    public string FileName => fileName;

    public ImmutableArray<NamedTensor> All => tensors;

    public LazyTensor? Find(string name) => _byName.GetValueOrDefault(name);
}
