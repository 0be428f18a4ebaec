namespace Transfuse.Conversion.Models.Architectures.Rules;

/// <summary>
/// The rows of <c>kv_b_proj</c>: per head first those of the keys, then those of the values. MLX keeps the first ones
/// transposed. The names are fields of the configuration.
/// </summary>
internal sealed record HeadSplit(string Count, string First, string Second);
