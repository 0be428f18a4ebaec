using Transfuse.Apply.Backends;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Apply.Layers;

/// <summary>y = x W^T + b + scale * (x A^T) B^T (mlx-lm 0.32.0, <c>LoRALinear</c>).</summary>
internal class LoraLinear : LinearLayer, ILoraLayer
{
    private readonly ITensorBackend _backend;
    private readonly BackendWeight _a;
    private readonly BackendWeight _b;
    private readonly float _scale;

    internal LoraLinear(ITensorBackend backend, BaseLinear original, AdapterModule module)
        : base(original.Path)
    {
        _backend = backend;
        Original = original;
        Factors = module;
        _a = LoraFactors.Open(backend, Path + ".lora_a", module.A);
        _b = LoraFactors.Open(backend, Path + ".lora_b", module.B);
        _scale = (float)module.Scale;
    }

    /// <inheritdoc />
    public bool Enabled { get; set; } = true;

    /// <inheritdoc />
    public AdapterModule Factors { get; }

    /// <summary>The model's own layer.</summary>
    protected BaseLinear Original { get; }

    /// <inheritdoc />
    public override BackendArray Forward(BackendArray x) => Enabled ? WithDelta(Original.Forward(x), x) : Original.Forward(x);

    /// <inheritdoc />
    public virtual ModelLayer Fused() => Fusion.Linear(_backend, Original, Factors);

    /// <inheritdoc />
    public void FreeFactors()
    {
        _a.Dispose();
        _b.Dispose();
    }

    /// <inheritdoc />
    public ModelLayer Reverted() => Original;

    /// <summary>y + scale * (x A^T) B^T.</summary>
    protected BackendArray WithDelta(BackendArray y, BackendArray x) =>
        LoraFactors.Added(_backend, y, _backend.Linear(_backend.Linear(x, _a, null), _b, null), _scale);
}
