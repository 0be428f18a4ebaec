namespace Transfuse.Metadata.Inference;

/// <summary>
/// Infers the final multiplier of a layer from the value that the layer holds: a scalar, an array without dimensions, or one value for each expert.
/// </summary>
internal static class ScaleInference
{
    /// <summary>The multiplier of a layer.</summary>
    /// <param name="values">The elements of the layer's <c>scale</c>, one for a scalar; <see langword="null"/> where the layer has none.</param>
    /// <returns>
    /// The one value, equal as float32, or <see langword="null"/> where there is none, it is not finite, or experts have different ones, which no MLX config
    /// can say. (unsloth-zoo 2026.8 takes the first element, or 1 where it cannot: a guess.)
    /// </returns>
    public static double? OfLayer(IReadOnlyList<double>? values)
    {
        if (values is not { Count: > 0 } || !values.All(double.IsFinite))
        {
            return null;
        }

        return values.All(value => (float)value == (float)values[0]) ? values[0] : null;
    }

    /// <summary>The multiplier that all layers share, equal as float32, or <see langword="null"/> where they differ or a layer has none.</summary>
    /// <param name="scales">What <see cref="OfLayer"/> gave for each layer.</param>
    public static double? Common(IEnumerable<double?> scales) =>
        scales.ToArray() is { Length: > 0 } all && !all.Contains(null) ? OfLayer([.. all.OfType<double>()]) : null;
}
