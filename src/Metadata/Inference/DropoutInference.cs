using System.Globalization;

namespace Transfuse.Metadata.Inference;

/// <summary>Infers the dropout of a layer, and takes out the drift of 1 - (1 - p).</summary>
internal static class DropoutInference
{
    /// <summary>The probability of a live layer (mlx.nn.Dropout keeps <c>_p_1</c> = 1 - p; a <c>p</c> beside it may be stale).</summary>
    /// <param name="keepProbability"><c>_p_1</c>, or <see langword="null"/>.</param>
    /// <param name="probability"><c>p</c>, or <see langword="null"/>.</param>
    /// <returns>The probability: from <paramref name="keepProbability"/> where it is one, else <paramref name="probability"/>, else 0.</returns>
    public static double OfLayer(double? keepProbability, double? probability) =>
        keepProbability is { } keep && IsProbability(1 - keep) ? Undrift(1 - keep) : probability is { } stated && IsProbability(stated) ? Undrift(stated) : 0;

    /// <summary>Whether MLX takes the value: 0 up to, and without, 1 (mlx.nn.Dropout, mlx-swift-lm 3.31).</summary>
    public static bool IsProbability(double value) => value is >= 0 and < 1;

    /// <summary>MLX keeps 1 - p, so 0.1 comes back as 0.09999999999999998: seven significant digits are what was meant, where they lie that close.</summary>
    public static double Undrift(double probability)
    {
        double rounded = double.Parse(probability.ToString("G7", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return Math.Abs(rounded - probability) < 1e-15 ? rounded : probability;
    }
}
