namespace Transfuse.Oracle;

/// <summary>Layers of a decoder over rows of doubles: one row per token.</summary>
internal static class Layers
{
    /// <summary>x W^T + bias, for W (out, in).</summary>
    public static double[][] Linear(double[][] x, DenseArray weight, DenseArray? bias) =>
        [.. x.Select(row => Linear(row, weight, bias?.Values))];

    public static double[] Linear(double[] x, DenseArray weight, double[]? bias)
    {
        long inputs = weight.Shape[1];
        double[] y = new double[weight.Shape[0]];
        for (long o = 0; o < y.Length; o++)
        {
            double sum = bias?[o] ?? 0;
            for (long i = 0; i < inputs; i++)
            {
                sum += weight.Values[(o * inputs) + i] * x[i];
            }

            y[o] = sum;
        }

        return y;
    }

    /// <summary>x / rms(x) times the weight; Gemma stores the weight less one.</summary>
    public static double[] RmsNorm(double[] x, DenseArray weight, double epsilon, double added = 0)
    {
        double mean = x.Sum(v => v * v) / x.Length;
        double factor = 1 / Math.Sqrt(mean + epsilon);
        return [.. x.Select((v, i) => v * factor * (weight.Values[i] + added))];
    }

    public static double[] LayerNorm(double[] x, DenseArray weight, DenseArray bias, double epsilon)
    {
        double mean = x.Average();
        double variance = x.Sum(v => (v - mean) * (v - mean)) / x.Length;
        double factor = 1 / Math.Sqrt(variance + epsilon);
        return [.. x.Select((v, i) => ((v - mean) * factor * weight.Values[i]) + bias.Values[i])];
    }

    /// <summary>Rotates component i against component i + n/2 by position * theta^(-2i/n).</summary>
    public static double[] Rotate(double[] x, int position, double theta) =>
        Rotate(x, position, theta, i => (i, i + (x.Length / 2)));

    /// <summary>The same with neighbours (2i, 2i + 1) as pairs.</summary>
    public static double[] RotateNeighbours(double[] x, int position, double theta) =>
        Rotate(x, position, theta, i => (2 * i, (2 * i) + 1));

    public static double[] Softmax(IReadOnlyList<double> x)
    {
        double maximum = x.Max();
        double[] exponentials = [.. x.Select(v => Math.Exp(v - maximum))];
        double sum = exponentials.Sum();
        return [.. exponentials.Select(v => v / sum)];
    }

    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    public static double Silu(double x) => x * Sigmoid(x);

    /// <summary>The tanh form of GELU.</summary>
    public static double Gelu(double x) =>
        0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    public static double[] Add(double[] x, double[] y) => [.. x.Zip(y, (a, b) => a + b)];

    /// <summary>Indices of the k largest values, largest first.</summary>
    public static int[] Top(double[] x, int k) => [.. Enumerable.Range(0, x.Length).OrderByDescending(i => x[i]).Take(k)];

    private static double[] Rotate(double[] x, int position, double theta, Func<int, (int First, int Second)> pair)
    {
        double[] y = new double[x.Length];
        for (int i = 0; i < x.Length / 2; i++)
        {
            double angle = position * Math.Pow(theta, -2.0 * i / x.Length);
            (int first, int second) = pair(i);
            y[first] = (x[first] * Math.Cos(angle)) - (x[second] * Math.Sin(angle));
            y[second] = (x[second] * Math.Cos(angle)) + (x[first] * Math.Sin(angle));
        }

        return y;
    }
}
