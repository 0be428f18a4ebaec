using Transfuse.Formats.Json;

namespace Transfuse.Metadata.Peft;

/// <summary>The scale of a module, delta = scale x B A, and the alpha that stands for it (PEFT 0.0 to 0.21, <c>LoraLayer.update_layer</c>).</summary>
internal static class PeftScaling
{
    /// <summary>
    /// alpha / r, or alpha / sqrt(r) with <c>use_rslora</c>, in double precision as Python computes it. Runtimes multiply by it as float32.
    /// A quotient below what a double holds is the smallest double, which is 0 as float32 too: only an alpha of 0 gives a scale of 0.
    /// </summary>
    /// <param name="alpha">The module's alpha.</param>
    /// <param name="rank">The module's rank; of experts the rank of one expert.</param>
    /// <param name="rslora">The config's <c>use_rslora</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rank is not positive.</exception>
    public static double ScaleOf(double alpha, int rank, bool rslora = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rank);
        double scale = alpha / Divisor(rank, rslora);
        return scale == 0 && alpha != 0 ? Math.CopySign(double.Epsilon, alpha) : scale;
    }

    /// <summary>Whether two scales are the same where it counts: as float32.</summary>
    public static bool AreEqual(double left, double right) => (float)left == (float)right;

    /// <summary>
    /// The <c>lora_alpha</c> that gives a scale: the integer where one gives the same float32 scale, else the double scale x r, or its neighbour where rounding
    /// asks for that.
    /// </summary>
    /// <param name="scale">The scale; finite as float32.</param>
    /// <param name="rank">The module's rank.</param>
    /// <param name="rslora">Whether the config will say <c>use_rslora</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The scale is not finite as float32, or the rank is not positive.</exception>
    public static JsonNumber AlphaFor(double scale, int rank, bool rslora = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rank);
        if (!float.IsFinite((float)scale))
        {
            throw new ArgumentOutOfRangeException(nameof(scale), scale, "The scale is not finite as float32.");
        }

        double alpha = scale * Divisor(rank, rslora);
        double integer = Math.Round(alpha);
        if (Math.Abs(integer) <= 1L << 53 && Gives(integer))
        {
            return JsonNumber.Of((long)integer);
        }

        // The quotient of a rounded product can fall on the other side of a boundary between floats; it is back within a few steps.
        double up = alpha;
        double down = alpha;
        while (!Gives(up) && !Gives(down))
        {
            up = Math.BitIncrement(up);
            down = Math.BitDecrement(down);
        }

        return JsonNumber.Of(Gives(up) ? up : down);

        bool Gives(double candidate) => AreEqual(ScaleOf(candidate, rank, rslora), scale);
    }

    private static double Divisor(int rank, bool rslora) => rslora ? Math.Sqrt(rank) : rank;
}
