namespace Transfuse.Oracle;

/// <summary>A module of an MLX model by its full path, with the logical (unpacked) shape of its weight.</summary>
public sealed record MlxModule(string Path, MlxModuleKind Kind, long[] Shape)
{
    /// <summary>True for the kinds that mlx-lm can wrap.</summary>
    public bool Adaptable => Kind is MlxModuleKind.Linear or MlxModuleKind.SwitchLinear or MlxModuleKind.Embedding;
}
