using Transfuse.Apply.Backends;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Attention;

/// <summary>Rounds keys and values to multiples of a scale, as training with quantization did (afm7).</summary>
internal sealed class FakeQuantization(PartFactory parts, string path)
{
    private readonly ITensorBackend _backend = parts.Backend;
    private readonly Parameter _keyScale = parts.Flat(path + ".quant_key_scale", 1);
    private readonly Parameter _valueScale = parts.Flat(path + ".quant_value_scale", 1);

    public (BackendArray Keys, BackendArray Values) Forward(BackendArray keys, BackendArray values) =>
        (Round(keys, _keyScale.Value), Round(values, _valueScale.Value));

    private BackendArray Round(BackendArray x, BackendArray scale)
    {
        BackendArray wide = _backend.Widen(scale), steps = _backend.Apply(UnaryOperation.Round, _backend.Divide(_backend.Widen(x), wide));
        return _backend.CastLike(_backend.Multiply(_backend.Clip(steps, -128, 127), wide), x);
    }
}
