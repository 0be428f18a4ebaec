namespace Transfuse.Formats.Safetensors;

/// <summary>
/// Why a safetensors file is refused, or not written. The rules are those of the reference implementation (crate safetensors 0.8) and stricter on duplicates.
/// </summary>
/// <seealso cref="Transfuse.Formats.Safetensors.SafetensorsFile" />
public enum SafetensorsError
{
    /// <summary>The file is shorter than the 8 bytes that give the header's length.</summary>
    HeaderTooSmall,

    /// <summary>The header is longer than 100,000,000 bytes.</summary>
    HeaderTooLarge,

    /// <summary>The header's length reaches beyond the end of the file.</summary>
    InvalidHeaderLength,

    /// <summary>The header is not UTF-8.</summary>
    HeaderNotUtf8,

    /// <summary>The header is not JSON, or is nested more than 64 deep.</summary>
    HeaderNotJson,

    /// <summary>The header is JSON, but not an object of tensors: a field is missing or has a wrong type.</summary>
    WrongHeaderShape,

    /// <summary>A tensor, a metadata key or a field occurs twice.</summary>
    DuplicateName,

    /// <summary>The element type is not one that the format knows.</summary>
    UnknownDType,

    /// <summary>An extent or offset is negative, fractional or beyond 64 bits.</summary>
    InvalidNumber,

    /// <summary>A tensor ends before it begins, or its offsets do not fit a signed 64-bit integer.</summary>
    OffsetOutOfRange,

    /// <summary>Bytes lie between two tensors, or before the first, that belong to none.</summary>
    Hole,

    /// <summary>Two tensors share bytes.</summary>
    Overlap,

    /// <summary>The number of elements or bytes does not fit a signed 64-bit integer.</summary>
    ShapeOverflow,

    /// <summary>Elements of less than a byte do not end on a byte.</summary>
    MisalignedSlice,

    /// <summary>Shape and element type need another number of bytes than the offsets give.</summary>
    SizeMismatch,

    /// <summary>The file ends before the last tensor does.</summary>
    IncompleteBuffer,

    /// <summary>The file goes on after the last tensor.</summary>
    TrailingBytes,

    /// <summary>More tensors, dimensions of a tensor, metadata or bytes of header than are read; the reference implementation allows more.</summary>
    TooMany,

    /// <summary>Writing only: a name, a metadata key or a metadata value has a lone surrogate and so no UTF-8 form.</summary>
    NotUnicode,

    /// <summary>Writing only: a tensor is named <c>__metadata__</c>.</summary>
    ReservedName,

    /// <summary>Writing only: a tensor that is computed as a whole is larger than the largest array.</summary>
    TensorTooLarge,
}
