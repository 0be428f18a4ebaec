namespace Transfuse.Formats.TorchCheckpoint;

/// <summary>Why a PyTorch checkpoint is refused.</summary>
/// <seealso cref="Transfuse.Formats.TorchCheckpoint.TorchCheckpointFile" />
public enum TorchCheckpointError
{
    /// <summary>Neither PyTorch's zip form nor its older form begins like this.</summary>
    UnknownFormat,

    /// <summary>The tar form of PyTorch before 0.2.</summary>
    TarForm,

    /// <summary>The file ends before its contents do.</summary>
    Truncated,

    /// <summary>Bytes follow where the contents should have ended.</summary>
    TrailingBytes,

    /// <summary>The zip archive contradicts itself.</summary>
    ArchiveInvalid,

    /// <summary>A zip entry is compressed; PyTorch stores all of them.</summary>
    EntryCompressed,

    /// <summary>A zip entry is encrypted.</summary>
    EntryEncrypted,

    /// <summary>A zip entry's name is absolute, climbs out of its folder or is not text.</summary>
    EntryNameUnsafe,

    /// <summary>Two zip entries have one name.</summary>
    EntryDuplicate,

    /// <summary>Two zip entries share bytes, or one reaches out of the archive.</summary>
    EntryOverlap,

    /// <summary>A zip entry lies outside the checkpoint's folder, or is none that PyTorch writes.</summary>
    EntryUnexpected,

    /// <summary>There is no <c>data.pkl</c>, or more than one.</summary>
    PickleMissing,

    /// <summary>The archive is a TorchScript program.</summary>
    TorchScript,

    /// <summary>The byte order is neither little nor big.</summary>
    ByteOrderUnknown,

    /// <summary>The pickle uses an opcode that tensors do not need.</summary>
    OpcodeRefused,

    /// <summary>The pickle names a function or class that tensors do not need.</summary>
    GlobalRefused,

    /// <summary>The pickle is malformed, or gives an allowed function arguments that PyTorch would not.</summary>
    PickleInvalid,

    /// <summary>A count or size is beyond what any adapter has.</summary>
    LimitExceeded,

    /// <summary>The checkpoint is not a dictionary of tensors, or a key of it is not a string.</summary>
    NotTensorDictionary,

    /// <summary>A value of the dictionary is not a tensor.</summary>
    ValueNotTensor,

    /// <summary>Two values have one key.</summary>
    NameDuplicate,

    /// <summary>The data of a storage are not in the file.</summary>
    StorageMissing,

    /// <summary>The file holds data that the pickle does not mention.</summary>
    StorageUnreferenced,

    /// <summary>The data of a storage have another size than the pickle says.</summary>
    StorageSizeMismatch,

    /// <summary>One storage is described in two ways.</summary>
    StorageConflict,

    /// <summary>The element type has no counterpart in safetensors.</summary>
    TypeUnsupported,

    /// <summary>Shape, strides or offset of a tensor are impossible.</summary>
    TensorInvalid,

    /// <summary>A tensor reaches beyond its storage.</summary>
    TensorOutOfBounds,

    /// <summary>A tensor, or all together, have far more elements than the file holds (expanded views).</summary>
    TensorInflated,
}
