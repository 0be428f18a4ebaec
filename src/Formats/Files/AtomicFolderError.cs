namespace Transfuse.Formats.Files;

/// <summary>Why a folder is not written where it should be.</summary>
/// <seealso cref="Transfuse.Formats.Files.AtomicFolderException" />
public enum AtomicFolderError
{
    /// <summary>The destination is a folder, and it was not asked to be replaced; also when it appeared while the new one was written.</summary>
    Exists,

    /// <summary>The destination is a file.</summary>
    IsFile,

    /// <summary>The destination is a symbolic link: what it points to is never replaced, nor the link.</summary>
    IsLink,

    /// <summary>An input lies in the destination: replacing the destination would take it away.</summary>
    HoldsInput,

    /// <summary>The destination is an input that must stay as it is.</summary>
    IsInput,

    /// <summary>A folder in the destination has the name of a file that would be written.</summary>
    HoldsFolder,
}
