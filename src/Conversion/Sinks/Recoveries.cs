using Transfuse.Formats.Files;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Sinks;

/// <summary>What was done about the leftovers of interrupted runs, as findings.</summary>
internal static class Recoveries
{
    /// <summary>The finding about one.</summary>
    public static Finding Describe(FolderRecovery recovery) => recovery.Outcome switch
    {
        RecoveryOutcome.Finished =>
            TargetCodes.Recovered.At(recovery.Path, "an interrupted run had everything ready; what it had begun to put in place was finished"),
        RecoveryOutcome.Removed => TargetCodes.Recovered.At(recovery.Path, "an interrupted run left it; nothing of it was in place, and it was removed"),
        RecoveryOutcome.Failed =>
            TargetCodes.LeftAlone.At(recovery.Path, "an interrupted run left it, and it could not be cleared away; the next run tries again"),
        _ => TargetCodes.LeftAlone.At(
            recovery.Path, "has the name of a work folder, but its lock, its owner or its place do not show that a run of this command left it"),
    };
}
