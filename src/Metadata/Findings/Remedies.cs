namespace Transfuse.Metadata.Findings;

/// <summary>Ways out that many findings share. They name what exists.</summary>
internal static class Remedies
{
    /// <summary>For adapters that are PEFT's.</summary>
    public const string MergeInPeft = "Merge the adapter into the base in PEFT instead (merge_and_unload).";

    /// <summary>For adapters of either side, where fuse takes all that the code is about.</summary>
    public const string Merge =
        "Merge the adapter into the base instead: transfuse fuse, or the program that it comes from (merge_and_unload in PEFT, mlx_lm.fuse for MLX).";

    /// <summary>For adapters of either side, where some settings stand in the way of merging too.</summary>
    public const string MergeWherePossible =
        "Where merging is possible, merge the adapter into the base instead: transfuse fuse, which refuses what it cannot merge; merge_and_unload in PEFT, "
        + "mlx_lm.fuse for MLX.";

    /// <summary>For models that Transfuse does not know well enough to merge.</summary>
    public const string MergeElsewhere =
        "Merge the adapter into the base instead, with the program that it comes from: merge_and_unload in PEFT, mlx_lm.fuse for MLX.";

    /// <summary>For parts of PEFT's adapters that other programs have no place for.</summary>
    public const string MergingKeeps = "Merging the adapter into the base keeps them: transfuse fuse, or merge_and_unload in PEFT.";
}
