using Transfuse.Formats.Files;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>What the allowed functions would return, described. Argument orders are those of PyTorch 2.11, <c>torch/_utils.py</c>.</summary>
internal sealed class PickleCalls(TorchRefusal refusal)
{
    public PickleValue Reduce(PickleGlobal function, ReadOnlySpan<PickleValue> arguments) => function.Role switch
    {
        GlobalRole.OrderedDict when arguments is [] => new PickleDictionary(ordered: true),
        GlobalRole.Size when arguments is [PickleTuple sizes] => sizes,
        GlobalRole.Parameter when arguments is [PickleTensor] or [PickleTensor, PickleBoolean] => arguments[0],
        GlobalRole.RebuildParameter when arguments is [PickleTensor, PickleBoolean, PickleDictionary] => arguments[0],
        GlobalRole.RebuildTensor when arguments is [_, _, _, _] => Tensor(function, arguments, elementType: null),
        GlobalRole.RebuildTensorV2 when arguments is [_, _, _, _, PickleBoolean, PickleDictionary, .. var metadata] =>
            Tensor(WithoutMetadata(function, metadata), arguments, elementType: null),
        GlobalRole.RebuildTensorV3
            when arguments is [_, _, _, _, PickleBoolean, PickleDictionary, PickleGlobal { Role: GlobalRole.ElementType } type, .. var metadata] =>
            Tensor(WithoutMetadata(function, metadata), arguments, Supported(type)),
        _ => throw Invalid(function, "is called in a way that PyTorch does not write"),
    };

    private PickleTensor Tensor(PickleGlobal function, ReadOnlySpan<PickleValue> arguments, DType? elementType)
    {
        if (arguments is not [PickleStorage storage, PickleInteger offset, PickleTuple sizes, PickleTuple strides, ..]
            || sizes.Items.Length != strides.Items.Length)
        {
            throw Invalid(function, "is not given a storage, an offset, and as many strides as sizes");
        }

        DType type = elementType ?? storage.ElementType;
        if (storage.IsUntyped ? elementType is null : type != storage.ElementType)
        {
            throw refusal.Because(
                TorchCheckpointError.StorageConflict, storage.Key, $"a tensor and its storage {QuotedName.Of(storage.Key)} have different element types");
        }

        return new PickleTensor(storage, type, offset.Value, Integers(function, sizes), Integers(function, strides));
    }

    private long[] Integers(PickleGlobal function, PickleTuple tuple)
    {
        if (tuple.Items.Length > PickleLimits.Dimensions)
        {
            throw refusal.Because(
                TorchCheckpointError.LimitExceeded, function.Name, $"a tensor has {tuple.Items.Length} dimensions; at most {PickleLimits.Dimensions} are read");
        }

        long[] values = new long[tuple.Items.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = tuple.Items[i] is PickleInteger integer ? integer.Value : throw Invalid(function, "is given a size or stride that is no integer");
        }

        return values;
    }

    private PickleGlobal WithoutMetadata(PickleGlobal function, ReadOnlySpan<PickleValue> metadata)
    {
        bool none = metadata is [] or [PickleNone] or [PickleDictionary { IsEmpty: true }];
        return none ? function : throw Invalid(function, "is given metadata (a conjugate or negative bit, for example) that change the tensor's values");
    }

    private DType Supported(PickleGlobal type) => type.ElementType
        ?? throw refusal.Because(TorchCheckpointError.TypeUnsupported, type.Name, $"elements of type {type.Name} have no counterpart in safetensors");

    private TorchCheckpointException Invalid(PickleGlobal function, string fault) =>
        refusal.Because(TorchCheckpointError.PickleInvalid, function.Name, $"{function.Name} {fault}");
}
