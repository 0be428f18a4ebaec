namespace Transfuse.Formats.Files;

/// <summary>Why a folder is not written where it should be.</summary>
public enum AtomicFolderError
{
    /// <summary>The destination is a folder, and it was not asked to be replaced; also when it appeared while the new one was written.</summary>
    Exists,

    /// <summary>The destination is a file.</summary>
    IsFile,

    /// <summary>The destination is a symbolic link: what it points to is never replaced, nor the link.</summary>
    IsLink,
}
