namespace Transfuse.Apply.Fusing;

/// <summary>How far a fusion is.</summary>
/// <param name="Done">Bytes of weights that are done; with <see cref="FusionOptions.KeepPrecision"/> those that were tried first count too.</param>
/// <param name="Total">Bytes to do.</param>
/// <seealso cref="Transfuse.Apply.Fusing.FusionOptions" />
public readonly record struct FusionProgress(long Done, long Total);
