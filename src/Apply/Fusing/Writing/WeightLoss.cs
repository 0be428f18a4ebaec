using System.Numerics.Tensors;

namespace Transfuse.Apply.Fusing.Writing;

/// <summary>
/// How much of a wanted change the stored values realise. Safe for concurrent use by different blocks; the sum does not depend on their order in time.
/// </summary>
/// <param name="blocks">Number of blocks.</param>
internal sealed class WeightLoss(int blocks)
{
    private readonly double[] _missed = new double[blocks];
    private readonly double[] _wanted = new double[blocks];

    /// <summary>The Frobenius norm of what is missed over that of what was wanted; infinite where nothing was wanted and something changed.</summary>
    public double Value => Share(_missed.Sum(), _wanted.Sum());

    /// <summary>Takes the values of a block.</summary>
    /// <param name="block">Its number.</param>
    /// <param name="original">The base's values; then the wanted change.</param>
    /// <param name="changed">What they should become; then what is missed of it.</param>
    /// <param name="stored">What they became.</param>
    /// <returns>Whether all values are finite.</returns>
    public bool Take(int block, Span<float> original, Span<float> changed, ReadOnlySpan<float> stored)
    {
        TensorPrimitives.Subtract(changed, original, original);
        TensorPrimitives.Subtract(stored, changed, changed);
        _wanted[block] = SumOfSquares(original);
        _missed[block] = SumOfSquares(changed);
        return double.IsFinite(_wanted[block]) && double.IsFinite(_missed[block]);
    }

    /// <summary>The loss over several weights together.</summary>
    public static double Of(IReadOnlyCollection<WeightLoss> losses) => Share(losses.Sum(loss => loss._missed.Sum()), losses.Sum(loss => loss._wanted.Sum()));

    private static double Share(double missed, double wanted) => missed == 0 ? 0 : Math.Sqrt(missed / wanted);

    // In float32 the squares of large values would be infinite, those of small ones nothing.
    private static double SumOfSquares(ReadOnlySpan<float> values)
    {
        double sum = TensorPrimitives.SumOfSquares(values);
        if (double.IsFinite(sum) && sum > 1e-25)
        {
            return sum;
        }

        sum = 0;
        foreach (float value in values)
        {
            sum += (double)value * value;
        }

        return sum;
    }
}
