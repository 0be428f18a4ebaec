using Transfuse.Apply.Backends;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Attention;

/// <summary>A convolution of two steps over keys and values, a pair of weights for each head (baichuan_m1).</summary>
internal sealed class KeyConvolution(PartFactory parts, string path, int heads)
{
    private readonly ITensorBackend _backend = parts.Backend;
    private readonly Parameter _keys = parts.Parameter(path + ".conv_k", 1, 1, heads, 1, 2);
    private readonly Parameter _values = parts.Parameter(path + ".conv_v", 1, 1, heads, 1, 2);

    public (BackendArray Keys, BackendArray Values) Forward(BackendArray keys, BackendArray values, LayerState state) =>
        (Convolve(keys, _keys.Value, state, "last_key"), Convolve(values, _values.Value, state, "last_value"));

    private BackendArray Convolve(BackendArray x, BackendArray weights, LayerState state, string name)
    {
        int length = x[2];
        BackendArray last = state[name] ?? _backend.FromSingles(new float[x[0] * x[1] * x[3]], x[0], x[1], 1, x[3]);
        state[name] = _backend.Slice(x, 2, length - 1, 1);
        BackendArray before = length == 1 ? last : _backend.Concat(2, last, _backend.Slice(x, 2, 0, length - 1));
        BackendArray Weight(int index) => _backend.Reshape(_backend.Slice(_backend.Reshape(weights, heads, 2), 1, index, 1), heads, 1, 1);
        return _backend.Add(_backend.Multiply(before, Weight(0)), _backend.Multiply(x, Weight(1)));
    }
}
