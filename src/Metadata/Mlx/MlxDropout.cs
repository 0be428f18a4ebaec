using System.Globalization;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx;

/// <summary>Finds the dropout and takes the drift of 1 - (1 - p) out of it.</summary>
internal static class MlxDropout
{
    /// <summary>The probability, or <see langword="null"/> with an error in the log.</summary>
    public static double? Resolve(MlxFields fields, bool hasConfig)
    {
        int before = fields.Log.Count;
        double? stated = fields.Number("lora_parameters.dropout") ?? fields.Number("dropout");
        if (fields.Log.Count > before)
        {
            return null;
        }

        if (stated is { } probability)
        {
            probability = Undrift(probability);
            return probability is >= 0 and < 1 ? probability : fields.Unusable<double>("lora_parameters.dropout", JsonNumber.Of(probability), "in [0, 1)");
        }

        if (hasConfig)
        {
            fields.Log.Add(MlxConfigCodes.DefaultApplied.At(
                fields.FileName, "lora_parameters.dropout is missing; 0 was taken, as mlx-swift-lm 3.31 and Unsloth do (mlx-lm refuses to load such a folder). It matters in training only"));
        }

        return 0;
    }

    /// <summary>MLX keeps 1 - p, so 0.1 comes back as 0.09999999999999998: seven significant digits are what was meant.</summary>
    internal static double Undrift(double probability)
    {
        double rounded = double.Parse(probability.ToString("G7", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return Math.Abs(rounded - probability) < 1e-15 ? rounded : probability;
    }
}
