using System.Collections.Immutable;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>Sorts the tensors of a file: a method's own to their modules, the rest by what it is. None is skipped.</summary>
internal sealed class MethodTensorSorter(MethodReader reader, FindingLog log)
{
    private const string Root = "base_model";

    private readonly SortedDictionary<string, MethodParts> _modules = new(StringComparer.Ordinal);
    private readonly ImmutableArray<OtherTensor>.Builder _others = ImmutableArray.CreateBuilder<OtherTensor>();
    private readonly PeftOddNames _oddNames = new();
    private readonly MethodParts _shared = new("shared tensors", log);

    public (ImmutableArray<MethodParts> Modules, MethodParts Shared, ImmutableArray<OtherTensor> Others) Sort(ImmutableArray<NamedTensor> tensors)
    {
        foreach (NamedTensor tensor in tensors)
        {
            List<string> segments = PeftTensorName.Unwrap(tensor.Name, out PeftNameOddities oddities);
            if (!TryAddShared(segments, tensor) && !TryAddPart(segments, tensor, oddities))
            {
                AddOther(tensor);
            }
        }

        _oddNames.Report(log);

        return ([.. _modules.Values], _shared, _others.ToImmutable());
    }

    private bool TryAddShared(List<string> segments, NamedTensor tensor)
    {
        // One more segment is the adapter's name, left in.
        if (segments is not ([Root, _] or [Root, _, _]) || !reader.Shared.Contains(segments[1]))
        {
            return false;
        }

        Add(_shared, segments[1], tensor);
        return true;
    }

    private bool TryAddPart(List<string> segments, NamedTensor tensor, PeftNameOddities oddities)
    {
        int at = segments.FindLastIndex(segment => reader.Parts.Contains(segment));
        if (at < 1 || segments.Count - at > 2)
        {
            return false;
        }

        if (segments.Count - at == 2 && segments[^1] != "weight")
        {
            oddities |= PeftNameOddities.AdapterName;
        }

        _oddNames.Add(tensor.Name, oddities);

        string path = string.Join('.', segments[..at]);
        if (!_modules.TryGetValue(path, out MethodParts? module))
        {
            _modules.Add(path, module = new MethodParts(path, log));
        }

        Add(module, segments[at], tensor);
        return true;
    }

    private void Add(MethodParts parts, string name, NamedTensor tensor)
    {
        if (!parts.TryAdd(name, tensor.Tensor))
        {
            log.Add(TensorCodes.DuplicateModule.At(tensor.Name, $"the file has {name} of {parts.Path} under two names"));
        }
    }

    private void AddOther(NamedTensor tensor)
    {
        PeftTensorName name = PeftTensorName.Parse(tensor.Name);
        OtherTensorKind kind = PeftTensorSorter.OtherKind(name.Attribute) ?? OtherTensorKind.Unknown;
        _others.Add(new OtherTensor(kind, tensor.Name, name.Canonical[PeftTensorName.Prefix.Length..], tensor.Tensor));
    }
}
