using System.Collections.Immutable;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>
/// Names of an adapter that was itself called <c>lora</c>: a saver that cuts the adapter's name out of every key leaves <c>q_proj_A.weight</c>
/// of <c>q_proj.lora_A.lora.weight</c>. Such a file has no factor under its own name, and every first factor has its second beside it.
/// </summary>
internal static class CutNames
{
    private static readonly (string Cut, string Whole)[] Endings =
    [
        ("_A.weight", ".lora_A.weight"), ("_B.weight", ".lora_B.weight"), ("_B.bias", ".lora_B.bias"),
        ("_embedding_A", ".lora_embedding_A"), ("_embedding_B", ".lora_embedding_B"),
        ("_magnitude_vector", ".lora_magnitude_vector"), ("_magnitude_vector.weight", ".lora_magnitude_vector"),
    ];

    /// <summary>The tensors under their whole names, told in one finding; the same where no name was cut.</summary>
    public static ImmutableArray<NamedTensor> Restore(ImmutableArray<NamedTensor> tensors, FindingLog log)
    {
        if (tensors.Any(tensor => tensor.Name.Contains("lora_", StringComparison.Ordinal)))
        {
            return tensors;
        }

        Dictionary<string, LazyTensor> byName =
            tensors.DistinctBy(tensor => tensor.Name).ToDictionary(tensor => tensor.Name, tensor => tensor.Tensor, StringComparer.Ordinal);
        NamedTensor[] firsts = [.. tensors.Where(tensor => tensor.Name.EndsWith("_A.weight", StringComparison.Ordinal)
            || tensor.Name.EndsWith("_embedding_A", StringComparison.Ordinal))];
        if (firsts is [] || !Array.TrueForAll(firsts, first => IsPair(first, byName)))
        {
            return tensors;
        }

        string[] cut = [.. tensors.Select(tensor => tensor.Name).Where(name => Whole(name) != name)];
        log.Add(TensorCodes.OddNames.At(cut, "the word lora, which was the adapter's name, was cut out of the name"));
        return [.. tensors.Select(tensor => tensor with { Name = Whole(tensor.Name) })];
    }

    private static bool IsPair(NamedTensor first, Dictionary<string, LazyTensor> byName)
    {
        int at = first.Name.LastIndexOf("_A", StringComparison.Ordinal);
        string second = first.Name[..at] + "_B" + first.Name[(at + 2)..];
        return first.Tensor.Shape.Rank == 2 && byName.TryGetValue(second, out LazyTensor? b) && b.Shape.Rank == 2 && b.Shape[1] == first.Tensor.Shape[0];
    }

    private static string Whole(string name)
    {
        (string cut, string whole) = Endings.FirstOrDefault(ending => name.EndsWith(ending.Cut, StringComparison.Ordinal));
        return cut is null || name.Length == cut.Length ? name : name[..^cut.Length] + whole;
    }
}
