using System.Collections.Immutable;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>Sorts the tensors of a PEFT file: factors to their modules, the rest by what it is. None is skipped.</summary>
internal static class PeftTensorSorter
{
    public static Judged<PeftTensors> Sort(ImmutableArray<NamedTensor> tensors) => Judgement.Of(log => Sort(tensors, log));

    private static PeftTensors Sort(ImmutableArray<NamedTensor> tensors, FindingLog log)
    {
        var modules = new Dictionary<(string Path, int Nesting), PeftModuleFactors>();
        string? last = null;
        var others = ImmutableArray.CreateBuilder<OtherTensor>();
        var oddNames = new PeftOddNames();
        foreach (NamedTensor tensor in tensors)
        {
            PeftTensorName name = PeftTensorName.Parse(tensor.Name, last);
            last = name.Module;
            oddNames.Add(tensor.Name, name.Oddities);
            if (OtherKind(name.Attribute) is { } kind)
            {
                others.Add(new OtherTensor(kind, tensor.Name, name.Canonical[PeftTensorName.Prefix.Length..], tensor.Tensor));
            }
            else
            {
                AddFactor(modules, name, tensor, log);
            }
        }

        oddNames.Report(log);

        foreach (IGrouping<string, OtherTensor> twins in others.GroupBy(tensor => tensor.Path, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            log.Add(TensorCodes.DuplicateModule.At(twins.Last().SourceName, $"is {twins.Key}, as is {twins.First().SourceName}"));
        }

        HashSet<string> adapted = [.. modules.Keys.Select(key => key.Path)];
        PeftModuleFactors[] byPath = [.. modules.Values];
        Array.Sort(byPath, static (left, right) => string.CompareOrdinal(left.Path, right.Path) is var order
            && order != 0 ? order : left.Nesting.CompareTo(right.Nesting));
        return new PeftTensors([.. byPath], WithSavedHeads([.. others.Select(tensor => ForeignTensors.Name(tensor, adapted))]));
    }

    // PEFT saves the layer of an adapted head or embedding whole: a bias beside that weight is of the same saving, and no setting of biases made it.
    private static ImmutableArray<OtherTensor> WithSavedHeads(ImmutableArray<OtherTensor> others)
    {
        HashSet<string> saved = [.. others.Where(tensor => tensor.Kind == OtherTensorKind.SavedEmbedding).Select(tensor => OwnerOf(tensor.Path))];
        return saved.Count == 0 ? others : [.. others.Select(tensor => tensor.Kind == OtherTensorKind.BaseBias
            && saved.Contains(OwnerOf(tensor.Path)) ? tensor with { Kind = OtherTensorKind.SavedEmbedding } : tensor)];
    }

    private static string OwnerOf(string path) => path[..Math.Max(path.LastIndexOf('.'), 0)];

    private static void AddFactor(
        Dictionary<(string Path, int Nesting), PeftModuleFactors> modules, PeftTensorName name, NamedTensor tensor, FindingLog log)
    {
        if (!modules.TryGetValue((name.Module, name.Nesting), out PeftModuleFactors? module))
        {
            modules.Add((name.Module, name.Nesting), module = new PeftModuleFactors(name.Module, name.Nesting));
        }

        LazyTensor? taken = name.Attribute switch
        {
            PeftAttribute.LoraA or PeftAttribute.EmbeddingA => module.A,
            PeftAttribute.LoraB or PeftAttribute.EmbeddingB => module.B,
            _ => module.Magnitude,
        };
        if (taken is not null)
        {
            log.Add(TensorCodes.DuplicateModule.At(tensor.Name, $"the file has this factor of {module.Label} under two names"));
            return;
        }

        module.IsEmbedding |= name.Attribute is PeftAttribute.EmbeddingA or PeftAttribute.EmbeddingB;
        switch (name.Attribute)
        {
            case PeftAttribute.LoraA or PeftAttribute.EmbeddingA:
                module.A = tensor.Tensor;
                break;
            case PeftAttribute.LoraB or PeftAttribute.EmbeddingB:
                module.B = tensor.Tensor;
                break;
            default:
                module.Magnitude = tensor.Tensor;
                break;
        }
    }

    /// <summary>What a tensor is that is no factor; <see langword="null"/> for factors.</summary>
    public static OtherTensorKind? OtherKind(PeftAttribute attribute) => attribute switch
    {
        PeftAttribute.LoraBias => OtherTensorKind.LoraBias,
        PeftAttribute.BaseWeight => OtherTensorKind.SavedEmbedding,
        PeftAttribute.BaseBias => OtherTensorKind.BaseBias,
        PeftAttribute.TokenRows => OtherTensorKind.TokenRows,
        PeftAttribute.TrainingState => OtherTensorKind.TrainingState,
        PeftAttribute.UnknownLora => OtherTensorKind.Unknown,
        PeftAttribute.BaseParameter => OtherTensorKind.WholeModule,
        _ => null,
    };
}
