using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Stages.Write;

/// <summary>
/// Recognises that the output has exactly the tensors of the source's file of the same form, so that the file is copied and not written anew.
/// </summary>
internal static class UnchangedWeights
{
    public static OutputFolder Copy(OutputFolder output, AdapterContent content) =>
        Path.GetExtension(content.WeightsFile) == Path.GetExtension(output.WeightsFile) && AreEqual(output.Tensors, content.Weights.Tensors)
            ? output with { Copies = output.Copies.Add(new CopiedFile(content.Source, content.WeightsFile, output.WeightsFile)) }
            : output;

    // Operations that change nothing give the tensor itself, so identity tells.
    public static bool AreEqual(ImmutableArray<NamedTensor> tensors, ImmutableArray<NamedTensor> source)
    {
        Dictionary<string, LazyTensor> byName = source.ToDictionary(tensor => tensor.Name, tensor => tensor.Tensor, StringComparer.Ordinal);
        return tensors.Length == source.Length
            && tensors.All(tensor => byName.TryGetValue(tensor.Name, out LazyTensor? same) && ReferenceEquals(same, tensor.Tensor));
    }
}
