namespace Transfuse.Conversion.Models.Architectures;

/// <summary>A module inside the layers that MLX can adapt.</summary>
internal sealed record AdaptableKey(PathPattern Path, TargetKind Kind);
