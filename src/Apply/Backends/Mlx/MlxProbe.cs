namespace Transfuse.Apply.Backends.Mlx;

/// <summary>What proves that a device computes.</summary>
internal static class MlxProbe
{
    /// <summary>A product and a sum whose result is known: (1 2; 3 4) (1 1)^T + (0.5 0.5)^T = (3.5 7.5)^T.</summary>
    /// <param name="backend">The backend to prove.</param>
    /// <returns><see langword="null"/>, or what went wrong.</returns>
    public static string? Failure(ITensorBackend backend)
    {
        try
        {
            float[] result = backend.Run(
                () => backend.ToSingles(backend.Affine(backend.MatMul(backend.FromSingles([1, 2, 3, 4], 2, 2), backend.FromSingles([1, 1], 2, 1)), 1, 0.5f)));
            return result is [3.5f, 7.5f] ? null : $"a product that is (3.5, 7.5) came out as ({string.Join(", ", result)})";
        }
        catch (Exception failed) when (failed is MlxException or ArgumentException)
        {
            return MlxMetal.Advice(failed.Message) is { } advice ? $"{failed.Message} ({advice})" : failed.Message;
        }
    }
}
