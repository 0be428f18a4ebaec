namespace Transfuse.Oracle;

/// <summary>DoRA of a Linear: each row of W + delta is given the length m.</summary>
public static class Dora
{
    /// <summary>W' = diag(m / ||W + delta||_row) (W + delta), for W and delta (out, in) and m (out).</summary>
    public static DenseArray Effective(DenseArray weight, DenseArray delta, DenseArray magnitude)
    {
        DenseArray sum = Dense.Add(weight, delta);
        double[] norms = Dense.RowNorms(sum);
        DenseArray result = DenseArray.Zeros(sum.Shape);
        for (long i = 0; i < sum.Shape[0]; i++)
        {
            for (long j = 0; j < sum.Shape[1]; j++)
            {
                result[i, j] = magnitude.Values[i] / norms[i] * sum[i, j];
            }
        }

        return result;
    }
}
