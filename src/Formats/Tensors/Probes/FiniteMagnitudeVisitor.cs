using System.Numerics;

namespace Transfuse.Formats.Tensors.Probes;

/// <summary>Finds the largest magnitude among the values that are neither infinite nor NaN.</summary>
internal struct FiniteMagnitudeVisitor : IValueVisitor
{
    /// <summary>Largest magnitude so far, 0 at first.</summary>
    public double Largest { get; private set; }

    /// <inheritdoc />
    public bool Visit<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var infinity = new Vector<T>(T.PositiveInfinity);
        Vector<T> largest = Vector<T>.Zero;
        while (values.Length >= Vector<T>.Count)
        {
            Vector<T> magnitudes = Vector.Abs(new Vector<T>(values));
            largest = Vector.Max(largest, Vector.ConditionalSelect(Vector.LessThan(magnitudes, infinity), magnitudes, Vector<T>.Zero));
            values = values[Vector<T>.Count..];
        }

        for (int i = 0; i < Vector<T>.Count; i++)
        {
            Include(double.CreateTruncating(largest[i]));
        }

        foreach (T value in values)
        {
            Include(double.CreateTruncating(T.Abs(value)));
        }

        return true;
    }

    private void Include(double magnitude)
    {
        if (double.IsFinite(magnitude))
        {
            Largest = Math.Max(Largest, magnitude);
        }
    }
}
