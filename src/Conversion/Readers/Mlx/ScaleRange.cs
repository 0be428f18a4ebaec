using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion.Readers.Mlx;

/// <summary>Reports a scale that is another number as float32, in which every MLX reader multiplies, and one that no training writes.</summary>
internal static class ScaleRange
{
    /// <summary>Checks a scale.</summary>
    /// <param name="context">The check.</param>
    /// <param name="field">Where it stands.</param>
    /// <param name="scale">The scale.</param>
    public static void Check(CheckContext context, string field, double scale)
    {
        if (!float.IsFinite((float)scale))
        {
            context.Report(
                CheckCodes.ScaleMisread, field, FormattableString.Invariant($"{scale:R} is not finite as float32, so that the model computes infinity or NaN"));
        }
        else if ((float)scale <= 0)
        {
            context.Report(MlxConfigCodes.ScaleDoubtful, field, $"is {MlxScale.Show(scale)}");
            if ((float)scale == 0)
            {
                context.Report(CheckCodes.NoEffect, field, "the scale is 0, so that nothing is added to the model");
            }
        }
    }
}
