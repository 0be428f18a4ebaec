namespace Transfuse.Formats.Files;

/// <summary>How a folder is put into place.</summary>
/// <example>
/// <code>
/// using IAdapterSink output = AdapterSink.Folder("adapters/llama-mlx", new AtomicFolderOptions { Overwrite = true });
/// </code>
/// </example>
public sealed record AtomicFolderOptions
{
    /// <summary>Whether files of an existing folder are replaced. Default: <see langword="false"/>: an existing folder is refused.</summary>
    public bool Overwrite { get; init; }

    /// <summary>
    /// Which files of an existing folder go when it is overwritten, by name: those that another output of this kind would have. Files that the new folder has
    /// go in any case; everything else (other files, all folders) stays. Default: no others.
    /// </summary>
    public Func<string, bool> IsReplaced { get; init; } = _ => false;

    /// <summary>
    /// Files and folders that are read for this output and must outlive it: a destination that is one of them, or that holds one or holds a file that one of
    /// them links to, is refused. Real paths are compared. Default: none.
    /// </summary>
    public IReadOnlyCollection<string> Inputs { get; init; } = [];

    /// <summary>
    /// As <see cref="Inputs"/>, but the destination may be one of these folders, or the folder of one of these files: of it, only what is replaced goes.
    /// Default: none.
    /// </summary>
    public IReadOnlyCollection<string> Sources { get; init; } = [];

    /// <summary>
    /// What users may do with a new folder, less the process's mask; its owner may do everything. An existing folder keeps its own. Default: all but the
    /// mask's.
    /// </summary>
    public UnixFileMode? Permissions { get; init; }

    /// <summary>
    /// Whether files and directories are forced to the disk before and after the swap, so that it also survives a loss of power. Default:
    /// <see langword="false"/>.
    /// </summary>
    public bool Durable { get; init; }

    /// <summary>
    /// What is known of the folders beside the destination, shared by the outputs of one run. Default: <see langword="null"/>, they are listed for each output.
    /// </summary>
    internal WorkFolderScan? Scan { get; init; }

    /// <summary>
    /// Where the outputs of one run are made that replace nothing. Default: <see langword="null"/>, each is made in a hidden folder of its own.
    /// </summary>
    internal WorkFolderShare? Share { get; init; }
}
