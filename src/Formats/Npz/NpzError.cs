namespace Transfuse.Formats.Npz;

/// <summary>Why an npz file is refused.</summary>
/// <seealso cref="Transfuse.Formats.Npz.NpzFile" />
public enum NpzError
{
    /// <summary>The zip archive has no end record at its end: it is truncated, or something else.</summary>
    Truncated,

    /// <summary>The zip archive contradicts itself.</summary>
    ArchiveInvalid,

    /// <summary>A zip entry is neither stored nor deflated.</summary>
    CompressionUnsupported,

    /// <summary>A zip entry is encrypted.</summary>
    EntryEncrypted,

    /// <summary>A zip entry's name is absolute, climbs out of its folder or is not text.</summary>
    EntryNameUnsafe,

    /// <summary>Two zip entries have one name.</summary>
    EntryDuplicate,

    /// <summary>Two zip entries share bytes, or one reaches out of the archive.</summary>
    EntryOverlap,

    /// <summary>A zip entry is not named <c>NAME.npy</c>.</summary>
    MemberNotArray,

    /// <summary>An entry would grow beyond what deflate can do, or all together far beyond the file; or there are too many.</summary>
    LimitExceeded,

    /// <summary>An entry does not begin like an array of numpy.</summary>
    MagicMissing,

    /// <summary>The version of the npy format is not 1, 2 or 3.</summary>
    VersionUnsupported,

    /// <summary>The header of an array is no dictionary of <c>descr</c>, <c>fortran_order</c> and <c>shape</c>.</summary>
    HeaderInvalid,

    /// <summary>The element type has no counterpart in safetensors.</summary>
    TypeUnsupported,

    /// <summary>The elements are Python objects, which only a pickle could restore.</summary>
    ObjectArray,

    /// <summary>The elements are records.</summary>
    StructuredArray,

    /// <summary>The array's bytes do not fit its type and shape.</summary>
    SizeMismatch,

    /// <summary>The compressed bytes are damaged.</summary>
    DataInvalid,

    /// <summary>The bytes do not have the checksum that the archive gives.</summary>
    ChecksumMismatch,
}
