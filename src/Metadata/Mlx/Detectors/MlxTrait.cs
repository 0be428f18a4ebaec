using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary>One thing that is old, foreign or damaged about an MLX folder.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Finding">What shows it.</param>
public sealed record MlxTrait(MlxTraitKind Kind, Finding Finding);
