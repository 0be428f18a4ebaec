namespace Transfuse.Apply.Backends.Mlx;

/// <summary>A device as MLX describes it.</summary>
/// <param name="Kind">cpu or gpu.</param>
/// <param name="Name">Its name, or <see langword="null"/> where MLX tells none.</param>
/// <param name="Architecture">Its architecture, or <see langword="null"/>.</param>
/// <param name="MemoryBytes">Memory that it can use, or <see langword="null"/>.</param>
/// <seealso cref="Transfuse.Apply.Backends.Mlx.MlxBackend" />
public sealed record MlxDeviceInfo(string Kind, string? Name, string? Architecture, long? MemoryBytes);
