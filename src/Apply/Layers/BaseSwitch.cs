using Transfuse.Apply.Backends;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Layers;

/// <summary>The experts' linear maps of the model itself.</summary>
internal sealed class BaseSwitch : SwitchLayer
{
    private readonly ITensorBackend _backend;

    /// <summary>Makes a layer.</summary>
    /// <param name="path">Its path in MLX.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="weight">(E, out, in).</param>
    /// <param name="bias">(E, out), or null.</param>
    public BaseSwitch(string path, ITensorBackend backend, BackendWeight weight, LazyTensor? bias)
        : base(path) => (_backend, Weight, Bias) = (backend, weight, bias);

    /// <summary>The weights, (E, out, in).</summary>
    public BackendWeight Weight { get; }

    /// <summary>The biases, (E, out), or null.</summary>
    public LazyTensor? Bias { get; }

    /// <inheritdoc />
    public override BackendArray Forward(BackendArray x, BackendArray experts) =>
        _backend.SwitchLinear(x, Weight, Bias is null ? null : _backend.Read(Bias), experts);
}
