namespace Transfuse.Formats.Files;

/// <summary>How a folder is put into place.</summary>
public sealed record AtomicFolderOptions
{
    /// <summary>Whether an existing folder is replaced, with everything in it. Default: <see langword="false"/>.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Whether files and directories are forced to the disk before and after the swap, so that it also survives a loss of power. Default: <see langword="false"/>.</summary>
    public bool Durable { get; init; }
}
