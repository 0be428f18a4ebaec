namespace Transfuse.Apply.Backends.Mlx;

/// <summary>What proves that a device computes.</summary>
internal static class MlxProbe
{
    /// <summary>
    /// A product and a sum whose result is known, (1 2; 3 4) (1 1)^T + (0.5 0.5)^T = (3.5 7.5)^T, and its rows taken by index,
    /// for which MLX on CUDA compiles a kernel.
    /// </summary>
    /// <param name="backend">The backend to prove.</param>
    /// <returns><see langword="null"/>, or what went wrong.</returns>
    public static string? Failure(ITensorBackend backend)
    {
        try
        {
            float[] result = backend.Run(() =>
            {
                BackendArray product = backend.MatMul(backend.FromSingles([1, 2, 3, 4], 2, 2), backend.FromSingles([1, 1], 2, 1));
                return backend.ToSingles(backend.Take(backend.Affine(product, 1, 0.5f), backend.FromIntegers([1, 0], 2)));
            });
            return result is [7.5f, 3.5f] ? null : $"a product that is (7.5, 3.5) came out as ({string.Join(", ", result)})";
        }
        catch (Exception failed) when (failed is MlxException or ArgumentException)
        {
            // A compiler's words have several lines.
            string message = failed.Message.ReplaceLineEndings(" ");
            return (MlxMetal.Advice(message) ?? MlxCuda.Advice(message)) is { } advice ? $"{message} ({advice})" : message;
        }
    }
}
