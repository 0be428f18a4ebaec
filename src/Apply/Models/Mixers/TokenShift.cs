using Transfuse.Apply.Backends;
using Transfuse.Apply.Models.Caches;

namespace Transfuse.Apply.Models.Mixers;

/// <summary>The step before each, zeros before the first (rwkv7).</summary>
/// <param name="backend">What computes.</param>
/// <param name="name">What the layer's state calls the last step.</param>
internal sealed class TokenShift(ITensorBackend backend, string name)
{
    /// <summary>What x (b, L, H) has to change by to be the step before: shift(x) - x.</summary>
    public BackendArray Change(BackendArray x, LayerState state)
    {
        int length = x[1];
        BackendArray last = state[name] ?? backend.FromSingles(new float[x[0] * x[2]], x[0], 1, x[2]);
        state[name] = backend.Slice(x, 1, length - 1, 1);
        return backend.Subtract(length == 1 ? last : backend.Concat(1, last, backend.Slice(x, 1, 0, length - 1)), x);
    }
}
