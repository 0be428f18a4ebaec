using Transfuse.Apply.Backends;

namespace Transfuse.Apply.Models.Mixers;

/// <summary>The recurrence of Mamba 2, token by token and in float32: S = exp(dt A) S + dt x B^T; y = S C + D x (mlx-models.md 7).</summary>
internal static class StateSpace
{
    /// <summary>Runs over the tokens of a call.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="x">(b, nh, L, dh).</param>
    /// <param name="time">dt: (b, nh, L, 1).</param>
    /// <param name="input">B: (b, nh, L, ds).</param>
    /// <param name="output">C: (b, nh, L, ds).</param>
    /// <param name="logDecay">A_log: (nh).</param>
    /// <param name="skip">D: (nh).</param>
    /// <param name="state">S: (b, nh, dh, ds), or null for zeros.</param>
    /// <returns>y (b, nh, L, dh) and the state after.</returns>
    public static (BackendArray Output, BackendArray State) Run(
        ITensorBackend backend, BackendArray x, BackendArray time, BackendArray input, BackendArray output, BackendArray logDecay, BackendArray skip,
        BackendArray? state)
    {
        BackendArray given = x;
        (x, time, input, output, logDecay) = (backend.Widen(x), backend.Widen(time), backend.Widen(input), backend.Widen(output), backend.Widen(logDecay));
        int batch = x[0], heads = x[1], length = x[2], width = x[3], size = input[3];
        BackendArray rate = backend.Reshape(backend.Apply(UnaryOperation.Negate, backend.Apply(UnaryOperation.Exp, logDecay)), heads, 1, 1);
        BackendArray decay = backend.Apply(UnaryOperation.Exp, backend.Multiply(time, rate));
        BackendArray timed = backend.Multiply(x, time);
        BackendArray s = state ?? backend.FromSingles(new float[batch * heads * width * size], batch, heads, width, size);
        var outputs = new BackendArray[length];
        for (int t = 0; t < length; t++)
        {
            int at = t;
            BackendArray Row(BackendArray all) => backend.Slice(all, 2, at, 1);
            s = backend.Add(backend.Multiply(s, Row(decay)), backend.MatMul(backend.Reshape(Row(timed), batch, heads, width, 1), Row(input)));
            outputs[t] = backend.Reshape(backend.Sum(backend.Multiply(s, Row(output)), -1), batch, heads, 1, width);
        }

        BackendArray y = backend.CastLike(backend.Concat(2, outputs), given);
        return (backend.Add(y, backend.Multiply(given, backend.Reshape(skip, heads, 1, 1))), s);
    }
}
