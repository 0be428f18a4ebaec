namespace Transfuse.Apply.Backends.Mlx;

/// <summary>What a device of MLX 0.31.2 does not compute, and is computed in another way.</summary>
/// <param name="NoRowsOfOneGroup">Products with quantized rows of one group: <see cref="MlxCuda.ExpandsRowsOfOneGroup"/>.</param>
/// <param name="GathersSinglesOnly">Products with chosen matrices in 16 bits: the CPU has them in float32 alone.</param>
internal readonly record struct MlxGaps(bool NoRowsOfOneGroup, bool GathersSinglesOnly);
