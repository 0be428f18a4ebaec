namespace Transfuse.Formats.Zip;

/// <summary>Why an archive is refused.</summary>
internal enum ZipError
{
    /// <summary>No end record at the very end: truncated, or followed by other bytes.</summary>
    EndMissing,

    /// <summary>The central directory, an end record or a local header contradicts itself or the file.</summary>
    Invalid,

    /// <summary>More entries, or a larger directory, than any adapter has.</summary>
    LimitExceeded,

    /// <summary>A name that is absolute, climbs, is not text, or would not be one file on every system.</summary>
    NameUnsafe,

    /// <summary>Two entries have one name.</summary>
    NameDuplicate,

    /// <summary>The entry is encrypted.</summary>
    Encrypted,

    /// <summary>The entry is compressed in a way that the container does not allow.</summary>
    MethodRefused,

    /// <summary>Two entries share bytes, or one reaches into the directory.</summary>
    Overlap,
}
