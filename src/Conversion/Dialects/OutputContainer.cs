using System.Collections.Immutable;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Dialects;

/// <summary>The tensors of an output that is not written yet, as its weights file will have them.</summary>
/// <param name="output">The output.</param>
internal sealed class OutputContainer(OutputFolder output) : ITensorContainer
{
    public ImmutableArray<NamedTensor> Tensors { get; } = [.. output.Tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal)];

    public IReadOnlyDictionary<string, string>? Metadata => output.Metadata;

    public void Dispose()
    {
    }
}
