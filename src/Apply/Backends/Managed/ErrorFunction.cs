namespace Transfuse.Apply.Backends.Managed;

/// <summary>The error function, to float32's accuracy.</summary>
internal static class ErrorFunction
{
    private const double TwoOverSqrtPi = 1.1283791670955126;
    private const double SeriesLimit = 2.5;

    /// <summary>erf(x): the Taylor series for small x, the continued fraction of erfc beyond, both in double.</summary>
    public static float Of(float x) => (float)Exact(x);

    /// <summary>erf(x) in double.</summary>
    public static double Exact(double x)
    {
        double magnitude = Math.Abs(x);
        double value = magnitude < SeriesLimit ? Series(magnitude) : 1 - Complement(magnitude);
        return x < 0 ? -value : value;
    }

    private static double Series(double x)
    {
        double square = x * x, term = x, sum = x;
        for (int n = 1; n < 60 && Math.Abs(term) > 1e-17 * Math.Abs(sum); n++)
        {
            term *= -square / n;
            sum += term / ((2 * n) + 1);
        }

        return TwoOverSqrtPi * sum;
    }

    private static double Complement(double x)
    {
        if (double.IsNaN(x) || x > 6)
        {
            return double.IsNaN(x) ? x : 0;
        }

        double fraction = 0;
        for (int n = 40; n >= 1; n--)
        {
            fraction = n / 2.0 / (x + fraction);
        }

        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / (x + fraction);
    }
}
