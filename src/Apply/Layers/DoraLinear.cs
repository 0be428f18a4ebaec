using Transfuse.Apply.Backends;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Apply.Layers;

/// <summary>
/// y = m / |W + scale B A| * (x W^T + scale * (x A^T) B^T) + b, the norm over rows (mlx-lm 0.32.0, <c>DoRALinear</c>). The bias is not scaled.
/// </summary>
internal class DoraLinear : LoraLinear
{
    private readonly ITensorBackend _backend;
    private BackendArray? _factors;

    internal DoraLinear(ITensorBackend backend, BaseLinear original, AdapterModule module)
        : base(backend, original, module) => _backend = backend;

    /// <inheritdoc />
    public override BackendArray Forward(BackendArray x)
    {
        if (!Enabled)
        {
            return Original.Forward(x);
        }

        if (_factors is null)
        {
            _factors = _backend.Divide(_backend.Read(Factors.Magnitude!), Norms());
            _factors.Hold();
        }

        BackendArray y = _backend.Multiply(WithDelta(_backend.Linear(x, Original.Weight, null), x), _factors);
        return Original.Bias is null ? y : _backend.Add(y, _backend.Read(Original.Bias));
    }

    private BackendArray Norms() => _backend.RowNorms(Original.Weight, _backend.Read(Factors.B), _backend.Read(Factors.A), (float)Factors.Scale);
}
