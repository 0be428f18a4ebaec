using Transfuse.Apply.Backends;
using Transfuse.Apply.Models.Caches;

namespace Transfuse.Apply.Models.Mixers;

/// <summary>A causal depthwise convolution over time that remembers the last inputs.</summary>
/// <param name="backend">What computes.</param>
/// <param name="weight">(C, K, 1).</param>
/// <param name="bias">(C), or null.</param>
/// <param name="name">What the layer's state calls the remembered inputs.</param>
internal sealed class ConvolutionTail(ITensorBackend backend, Parameter weight, Parameter? bias, string name = "tail")
{
    /// <summary>(b, L, C) to (b, L, C).</summary>
    public BackendArray Forward(BackendArray x, LayerState state)
    {
        BackendArray taps = weight.Value;
        int before = taps[1] - 1;
        if (before == 0)
        {
            return backend.CausalConvolution(x, taps, bias?.Value);
        }

        BackendArray tail = state[name] ?? backend.FromSingles(new float[x[0] * before * x[2]], x[0], before, x[2]);
        BackendArray whole = backend.Concat(1, tail, x);
        state[name] = backend.Slice(whole, 1, whole[1] - before, before);
        return backend.CausalConvolution(whole, taps, bias?.Value);
    }
}
