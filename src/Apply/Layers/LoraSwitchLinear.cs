using Transfuse.Apply.Backends;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Apply.Layers;

/// <summary>y = x W[e]^T + b[e] + scale * (x A[e]^T) B[e]^T for each chosen expert e (mlx-lm 0.32.0, <c>LoRASwitchLinear</c>).</summary>
internal class LoraSwitchLinear : SwitchLayer, ILoraLayer
{
    private readonly ITensorBackend _backend;
    private readonly BaseSwitch _original;
    private readonly BackendWeight _a;
    private readonly BackendWeight _b;
    private readonly float _scale;

    internal LoraSwitchLinear(ITensorBackend backend, BaseSwitch original, AdapterModule module)
        : base(original.Path)
    {
        _backend = backend;
        _original = original;
        Factors = module;
        _a = LoraFactors.Open(backend, Path + ".lora_a", module.A);
        _b = LoraFactors.Open(backend, Path + ".lora_b", module.B);
        _scale = (float)module.Scale;
    }

    /// <inheritdoc />
    public bool Enabled { get; set; } = true;

    /// <inheritdoc />
    public AdapterModule Factors { get; }

    /// <inheritdoc />
    public override BackendArray Forward(BackendArray x, BackendArray experts)
    {
        BackendArray y = _original.Forward(x, experts);
        return Enabled ? LoraFactors.Added(_backend, y, _backend.SwitchLinear(_backend.SwitchLinear(x, _a, null, experts), _b, null, experts), _scale) : y;
    }

    /// <inheritdoc />
    public ModelLayer Fused() => Fusion.Switch(_backend, _original, Factors);

    /// <inheritdoc />
    public void FreeFactors()
    {
        _a.Dispose();
        _b.Dispose();
    }

    /// <inheritdoc />
    public ModelLayer Reverted() => _original;
}
