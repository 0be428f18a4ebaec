using Transfuse.Apply.Backends;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Layers;

/// <summary>A linear map of the model itself: floats, or quantized.</summary>
internal sealed class BaseLinear : LinearLayer
{
    private readonly ITensorBackend _backend;

    /// <summary>Makes a layer.</summary>
    /// <param name="path">Its path in MLX.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="weight">(out, in).</param>
    /// <param name="bias">(out), or null.</param>
    public BaseLinear(string path, ITensorBackend backend, BackendWeight weight, LazyTensor? bias)
        : base(path) => (_backend, Weight, Bias) = (backend, weight, bias);

    /// <summary>The weight, (out, in).</summary>
    public BackendWeight Weight { get; }

    /// <summary>The bias, (out), or null.</summary>
    public LazyTensor? Bias { get; }

    /// <inheritdoc />
    public override BackendArray Forward(BackendArray x) => _backend.Linear(x, Weight, Bias is null ? null : _backend.Read(Bias));
}
