namespace Transfuse.Formats.Files;

/// <summary>What becomes of something that an interrupted run left.</summary>
/// <seealso cref="Transfuse.Formats.Files.FolderRecovery" />
public enum RecoveryOutcome
{
    /// <summary>The run had everything ready: what it had begun to put in place was put in place.</summary>
    Finished,

    /// <summary>The run had not come to putting anything in place, or had ended: its unfinished files were removed.</summary>
    Removed,

    /// <summary>
    /// It looks like the leftover of a run, and cannot be shown to be one (by its lock, its folder, its owner or its process): it was left alone.
    /// </summary>
    NotOurs,

    /// <summary>It is the leftover of a run, and the operating system kept some of it from being cleared away; the next run tries again.</summary>
    Failed,
}
