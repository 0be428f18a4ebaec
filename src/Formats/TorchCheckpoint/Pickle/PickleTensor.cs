using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>A view of a storage as the pickle describes it, not yet checked against it. Offset and strides are in elements.</summary>
internal sealed class PickleTensor(PickleStorage storage, DType elementType, long offset, long[] sizes, long[] strides) : PickleValue, IEquatable<PickleTensor>
{
    public PickleStorage Storage { get; } = storage;

    public DType ElementType { get; } = elementType;

    public long Offset { get; } = offset;

    public ReadOnlySpan<long> Sizes => sizes;

    public ReadOnlySpan<long> Strides => strides;

    public override string Kind => "a tensor";

    /// <summary>Whether both are the same view of the same storage.</summary>
    public bool Equals(PickleTensor? other) =>
        other is not null
        && ReferenceEquals(Storage, other.Storage)
        && ElementType == other.ElementType
        && Offset == other.Offset
        && Sizes.SequenceEqual(other.Sizes)
        && Strides.SequenceEqual(other.Strides);

    public override bool Equals(object? obj) => Equals(obj as PickleTensor);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Storage.Key, StringComparer.Ordinal);
        hash.Add(Offset);
        for (int axis = 0; axis < sizes.Length; axis++)
        {
            hash.Add(sizes[axis]);
            hash.Add(strides[axis]);
        }

        return hash.ToHashCode();
    }
}
