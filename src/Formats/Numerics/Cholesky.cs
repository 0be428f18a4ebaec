namespace Transfuse.Formats.Numerics;

/// <summary>The triangle L of G = L Lᵀ, for inner products of vectors that may depend on one another.</summary>
internal static class Cholesky
{
    // What is left of a diagonal element below this share of the largest is rounding.
    private const double Negligible = 1.0 / (1L << 46);

    /// <summary>Decomposes.</summary>
    /// <param name="products">G: symmetric, without negative eigenvalues but for rounding.</param>
    /// <returns>L, lower triangular; columns of vectors that depend on earlier ones are zero.</returns>
    public static Matrix Lower(Matrix products)
    {
        int size = products.Rows;
        var lower = new Matrix(size, size);
        double largest = 0;
        for (int i = 0; i < size; i++)
        {
            largest = Math.Max(largest, products[i, i]);
        }

        for (int column = 0; column < size; column++)
        {
            ReadOnlySpan<double> above = lower.Row(column)[..column];
            double pivot = products[column, column] - System.Numerics.Tensors.TensorPrimitives.SumOfSquares(above);
            if (!(pivot > largest * Negligible))
            {
                continue;
            }

            double diagonal = lower[column, column] = Math.Sqrt(pivot);
            for (int row = column + 1; row < size; row++)
            {
                double dot = System.Numerics.Tensors.TensorPrimitives.Dot(lower.Row(row)[..column], above);
                lower[row, column] = (products[row, column] - dot) / diagonal;
            }
        }

        return lower;
    }
}
