using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Fusing.Stages;

/// <summary>A low-rank product as the weight lies: <c>scale x left x right</c>.</summary>
/// <param name="Left">(rows, rank), or (matrices, rows, rank).</param>
/// <param name="Right">(rank, columns), or (matrices, rank, columns).</param>
/// <param name="Rank">The rank.</param>
/// <param name="Scale">The multiplier; its float32 value counts. The left factor is multiplied by it, as mlx-lm 0.32 does.</param>
internal sealed record ProductPart(LazyTensor Left, LazyTensor Right, int Rank, double Scale);
