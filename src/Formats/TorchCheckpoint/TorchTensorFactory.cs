using System.Collections.Immutable;
using Transfuse.Formats.Files;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.TorchCheckpoint.Pickle;

namespace Transfuse.Formats.TorchCheckpoint;

/// <summary>Turns described tensors into tensors, each checked against its storage.</summary>
internal sealed class TorchTensorFactory(IByteSource source, TorchContents contents, TorchRefusal refusal)
{
    /// <summary>Bytes that one tensor with more elements than its storage may have: expanded scalars, not bombs.</summary>
    public const long MaxExpandedLength = 1 << 20;

    // Places that a message lists.
    private const int MostNamed = 4;

    private readonly Dictionary<PickleTensor, LazyTensor> _made = [];
    private long _total;

    /// <summary>The keys of the nested dictionary that the tensors come from; <see langword="null"/> where the saved dictionary itself has them.</summary>
    public string? Nested { get; private set; }

    /// <summary>
    /// The tensors of the saved dictionary, sorted by name. Trainers save theirs below a key (<c>module</c>, <c>state_dict</c>, <c>model_state_dict</c>), with
    /// counters beside it: where the whole object has exactly one dictionary with tensors, those are meant.
    /// </summary>
    public ImmutableArray<NamedTensor> MakeAll()
    {
        if (contents.Root is not PickleDictionary dictionary)
        {
            throw refusal.Because(TorchCheckpointError.NotTensorDictionary, null, $"the checkpoint is {contents.Root.Kind}, not a dictionary of tensors");
        }

        if (dictionary.Items.FirstOrDefault(static item => item.Value is not PickleTensor) is { Key: { } other, Value: { } value })
        {
            dictionary = NestedDictionary(dictionary, other, value);
        }

        var tensors = new List<NamedTensor>(dictionary.Items.Count);
        foreach ((string name, PickleValue item) in dictionary.Items)
        {
            tensors.Add(item is PickleTensor tensor
                ? new NamedTensor(name, Shared(name, tensor))
                : throw NotTensor(name, item, "only a dictionary of tensors is read"));
        }

        tensors.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        return [.. tensors];
    }

    private PickleDictionary NestedDictionary(PickleDictionary root, string other, PickleValue value)
    {
        ImmutableArray<TensorHolder> holders = TensorHolder.Find(root);
        if (holders is [{ Parent: not null, Value: PickleDictionary nested } only])
        {
            Nested = QuotedName.Bare(only.Path);
            return nested;
        }

        string why = holders switch
        {
            [] => "only a dictionary of tensors is read, and nothing in this one is a tensor",
            [{ Parent: null }] => "only a dictionary of tensors is read",
            [{ Parent: not null } inner] => $"the tensors lie in {inner.Value.Kind}, {QuotedName.Of(inner.Path)}",
            _ => $"tensors lie in {holders.Length} places, {string.Join(", ", holders.Take(MostNamed).Select(Describe))}"
                + $"{(holders.Length > MostNamed ? " and others" : string.Empty)}; save the one that is the adapter by itself",
        };
        throw NotTensor(other, value, why);
    }

    private static string Describe(TensorHolder place) => place.Parent is null ? "the saved dictionary itself" : QuotedName.Of(place.Path);

    /// <summary>One instance for all names of the same view: sharing is decided by identity.</summary>
    private LazyTensor Shared(string name, PickleTensor tensor)
    {
        if (!_made.TryGetValue(tensor, out LazyTensor? made))
        {
            made = Make(name, tensor);
            _made.Add(tensor, made);
        }

        _total += made.ByteLength;
        return _total <= (64 * source.Length) + (16 << 20) ? made : throw Inflated(name, "all tensors together have more than 64 times the file's bytes");
    }

    private LazyTensor Make(string name, PickleTensor tensor)
    {
        int elementSize = tensor.ElementType.BitSize() / 8;
        long available = tensor.Storage.ByteLength / elementSize;
        long count = CountElements(name, tensor);
        long extent = Extent(name, tensor, count, available);
        if (count > available && (count > MaxExpandedLength || count * elementSize > MaxExpandedLength))
        {
            throw Inflated(name, $"it has {count} elements, but its storage {available}");
        }

        if (!HasAgreedMeaning(tensor, elementSize))
        {
            throw refusal.Because(
                TorchCheckpointError.TypeUnsupported, name,
                $"{QuotedName.Of(name)} has {tensor.ElementType.SafetensorsName()} elements of a big-endian machine in a form whose readers disagree");
        }

        int swapUnit = contents.Order == TorchByteOrder.Big ? ElementOrder.SwapUnit(tensor.ElementType) : 1;
        var shape = new TensorShape(tensor.Sizes);
        long position = contents.StoragePositions[tensor.Storage.Key] + (tensor.Offset * elementSize);
        if (count == 0 || IsContiguous(tensor))
        {
            return new ContiguousTorchTensor(source, position, tensor.ElementType, shape, swapUnit);
        }

        return extent * elementSize <= Array.MaxLength
            ? new StridedTorchTensor(source, position, tensor.ElementType, shape, [.. tensor.Strides], (int)extent * elementSize, swapUnit)
            : throw refusal.Because(TorchCheckpointError.LimitExceeded, name, $"{QuotedName.Of(name)} is a view that spans more than 2 GiB");
    }

    /// <summary>
    /// Whether the elements are what the big-endian machine meant. PyTorch 2.11 reverses untyped storages byte by byte, which is not at all,
    /// and the older form reverses complex numbers as a whole, which exchanges their halves.
    /// </summary>
    private bool HasAgreedMeaning(PickleTensor tensor, int elementSize) => contents.Order switch
    {
        TorchByteOrder.Little => true,
        TorchByteOrder.Big => !tensor.Storage.IsUntyped || elementSize == 1,
        _ => (!tensor.Storage.IsUntyped || elementSize == 1) && tensor.ElementType != DType.C64,
    };

    private long CountElements(string name, PickleTensor tensor)
    {
        Int128 count = 1;
        foreach (long size in tensor.Sizes)
        {
            count *= size;
            if (size < 0 || count > long.MaxValue)
            {
                throw Invalid(name, "has a negative or impossibly large size");
            }
        }

        return (long)count;
    }

    /// <summary>Elements from the first to the end of the last.</summary>
    private long Extent(string name, PickleTensor tensor, long count, long available)
    {
        if (tensor.Offset < 0)
        {
            throw Invalid(name, "has a negative offset");
        }

        Int128 last = 0;
        for (int axis = 0; axis < tensor.Sizes.Length; axis++)
        {
            if (tensor.Strides[axis] < 0)
            {
                throw Invalid(name, "has a negative stride");
            }

            // Clamped: a sum of 64 products could overflow even 128 bits.
            last = Int128.Min(last + ((Int128)Math.Max(tensor.Sizes[axis] - 1, 0) * tensor.Strides[axis]), long.MaxValue);
        }

        Int128 extent = count == 0 ? 0 : last + 1;
        return tensor.Offset + extent <= available
            ? (long)extent
            : throw refusal.Because(
                TorchCheckpointError.TensorOutOfBounds, name,
                $"{QuotedName.Of(name)} needs {tensor.Offset + extent} elements of its storage, which has {available}");
    }

    private static bool IsContiguous(PickleTensor tensor)
    {
        long expected = 1;
        for (int axis = tensor.Sizes.Length - 1; axis >= 0; axis--)
        {
            if (tensor.Sizes[axis] != 1 && tensor.Strides[axis] != expected)
            {
                return false;
            }

            expected *= tensor.Sizes[axis];
        }

        return true;
    }

    private TorchCheckpointException NotTensor(string name, PickleValue value, string why) =>
        refusal.Because(TorchCheckpointError.ValueNotTensor, name, $"{QuotedName.Of(name)} is {value.Kind}, not a tensor; {why}");

    private TorchCheckpointException Invalid(string name, string fault) =>
        refusal.Because(TorchCheckpointError.TensorInvalid, name, $"{QuotedName.Of(name)} {fault}");

    private TorchCheckpointException Inflated(string name, string fault) =>
        refusal.Because(TorchCheckpointError.TensorInflated, name, $"{QuotedName.Of(name)} is refused: {fault}");
}
