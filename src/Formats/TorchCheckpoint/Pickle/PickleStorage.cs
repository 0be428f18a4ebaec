using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>A run of elements in the file, which tensors are views of.</summary>
/// <param name="key">Its name in the file.</param>
/// <param name="elementType">Type of the elements; <see cref="DType.U8"/> where untyped.</param>
/// <param name="elementCount">Number of elements.</param>
/// <param name="isUntyped">Whether each tensor names its own element type.</param>
internal sealed class PickleStorage(string key, DType elementType, long elementCount, bool isUntyped) : PickleValue
{
    public string Key { get; } = key;

    public DType ElementType { get; } = elementType;

    public long ElementCount { get; } = elementCount;

    public bool IsUntyped { get; } = isUntyped;

    /// <summary>Size in bytes; the count was checked to allow it.</summary>
    public long ByteLength => ElementCount * (ElementType.BitSize() / 8);

    public override string Kind => "a storage";
}
