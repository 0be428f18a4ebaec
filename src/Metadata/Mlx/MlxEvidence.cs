namespace Transfuse.Metadata.Mlx;

/// <summary>What a weights file tells about the program that wrote it.</summary>
/// <param name="HasMagnitudes">Whether any module is DoRA.</param>
/// <param name="IsArchive">Whether it is a npz archive, as mlx-lm wrote before 0.6.</param>
/// <param name="HasLegacyNames">Whether factors are named <c>A</c> and <c>B</c>, as mlx-vlm wrote until 0.5.</param>
public sealed record MlxEvidence(bool HasMagnitudes, bool IsArchive, bool HasLegacyNames);
