namespace Transfuse.Oracle;

/// <summary>Arrays under the names of the other side, and the names that have no counterpart there.</summary>
public sealed record HubResult(IReadOnlyDictionary<string, DenseArray> Deltas, IReadOnlyList<string> Unmapped);
