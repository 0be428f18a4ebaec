namespace Transfuse.Formats.Numerics;

/// <summary>A singular value decomposition X = U diag(s) Vᵀ of X (m, n), with k = min(m, n).</summary>
/// <param name="Values">s, k of them, largest first.</param>
/// <param name="Left">The columns of U as rows, (k, m); zeros where the value is zero.</param>
/// <param name="Right">The columns of V as rows, (k, n); zeros where the value is zero.</param>
internal sealed record SingularVectors(double[] Values, Matrix Left, Matrix Right);
