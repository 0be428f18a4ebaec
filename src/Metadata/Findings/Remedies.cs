namespace Transfuse.Metadata.Findings;

/// <summary>Ways out that many findings share. They name what exists.</summary>
internal static class Remedies
{
    /// <summary>For adapters that are PEFT's.</summary>
    public const string MergeInPeft = "Merge the adapter into the base in PEFT instead (merge_and_unload).";

    /// <summary>For adapters of either side.</summary>
    public const string Merge = "Merge the adapter into the base instead, with the program that it comes from: merge_and_unload in PEFT, mlx_lm.fuse for MLX.";
}
