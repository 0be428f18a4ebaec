using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>What an MLX adapter does to its base.</summary>
public sealed class MlxReading
{
    public required JsonElement Config { get; init; }

    /// <summary>By full module path: (out, in), (E, out, in), or (V, d) of an embedding.</summary>
    public required IReadOnlyDictionary<string, OracleDelta> Deltas { get; init; }

    /// <summary>Base weights in the file, by parameter name.</summary>
    public required IReadOnlyDictionary<string, DenseArray> Weights { get; init; }

    /// <summary>Halves of pairs and magnitudes without a pair.</summary>
    public required IReadOnlyList<string> Unread { get; init; }

    /// <summary>Plain deltas by module path, without magnitudes.</summary>
    public IReadOnlyDictionary<string, DenseArray> DeltaArrays =>
        Deltas.ToDictionary(d => d.Key, d => d.Value.Delta, StringComparer.Ordinal);

    /// <summary>The change of each module's weight on this base, DoRA included.</summary>
    public Dictionary<string, DenseArray> ChangesOn(MlxBase mlxBase) => Deltas.ToDictionary(
        d => d.Key,
        d => d.Value.Magnitude is null
            ? d.Value.Delta
            : Dense.Add(d.Value.ApplyTo(mlxBase.Weights[d.Key + ".weight"]), Dense.Negate(mlxBase.Weights[d.Key + ".weight"])),
        StringComparer.Ordinal);
}
