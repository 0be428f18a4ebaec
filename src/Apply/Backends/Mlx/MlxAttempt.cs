namespace Transfuse.Apply.Backends.Mlx;

/// <summary>A file that was tried as mlx-c's library.</summary>
/// <param name="Path">The file.</param>
/// <param name="Refusal">Why it was not used, or <see langword="null"/> where it is.</param>
/// <seealso cref="Transfuse.Apply.Backends.Mlx.MlxBackend" />
public sealed record MlxAttempt(string Path, string? Refusal);
