using Transfuse.Apply.Backends;

namespace Transfuse.Apply.Models.Attention;

/// <summary>Between (b, L, heads * d) and (b, heads, L, d).</summary>
internal static class Heads
{
    public static BackendArray Split(ITensorBackend backend, BackendArray x, int heads) =>
        backend.Permute(backend.Reshape(x, x[0], x[1], heads, x[2] / heads), 0, 2, 1, 3);

    public static BackendArray Merge(ITensorBackend backend, BackendArray x) =>
        backend.Reshape(backend.Permute(x, 0, 2, 1, 3), x[0], x[2], x[1] * x[3]);
}
