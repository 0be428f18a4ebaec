using Transfuse.Apply.Backends;

namespace Transfuse.Apply.Models.Mixers;

/// <summary>The gated delta rule, token by token and in float32: S = g S; S = S + beta (v - S k) k^T; o = S q (mlx-models.md 7).</summary>
internal static class DeltaRule
{
    /// <summary>Runs over the tokens of a call.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="q">(b, nv, L, dk).</param>
    /// <param name="k">(b, nv, L, dk).</param>
    /// <param name="v">(b, nv, L, dv).</param>
    /// <param name="decay">g: (b, nv, L, 1), or (b, nv, L, dk) for one decay per key element.</param>
    /// <param name="beta">(b, nv, L, 1).</param>
    /// <param name="state">S: (b, nv, dv, dk), or null for zeros.</param>
    /// <returns>o (b, nv, L, dv) and the state after.</returns>
    public static (BackendArray Output, BackendArray State) Run(
        ITensorBackend backend, BackendArray q, BackendArray k, BackendArray v, BackendArray decay, BackendArray beta, BackendArray? state)
    {
        BackendArray given = v;
        (q, k, v, decay, beta) = (backend.Widen(q), backend.Widen(k), backend.Widen(v), backend.Widen(decay), backend.Widen(beta));
        int batch = v[0], heads = v[1], length = v[2], width = v[3], depth = k[3];
        BackendArray s = state ?? backend.FromSingles(new float[batch * heads * width * depth], batch, heads, width, depth);
        var outputs = new BackendArray[length];
        for (int t = 0; t < length; t++)
        {
            int at = t;
            BackendArray Row(BackendArray x) => backend.Slice(x, 2, at, 1);
            BackendArray key = Row(k);
            s = backend.Multiply(s, Row(decay));
            BackendArray remembered = backend.Sum(backend.Multiply(s, key), -1);
            BackendArray value = backend.Reshape(Row(v), batch, heads, width, 1);
            BackendArray change = backend.Multiply(backend.Subtract(value, remembered), Row(beta));
            s = backend.Add(s, backend.MatMul(change, key));
            outputs[t] = backend.Reshape(backend.Sum(backend.Multiply(s, Row(q)), -1), batch, heads, 1, width);
        }

        return (backend.CastLike(backend.Concat(2, outputs), given), s);
    }
}
