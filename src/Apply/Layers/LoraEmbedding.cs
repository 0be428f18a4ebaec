using Transfuse.Apply.Backends;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Apply.Layers;

/// <summary>
/// Rows W[id] + scale * B A[:, id]; as a head h W^T + scale * (h B) A (mlx-lm 0.32.0, <c>LoRAEmbedding</c>): the adapter of a tied embedding changes the head
/// too. With a magnitude both are scaled by m / |row| (<c>DoRAEmbedding</c>).
/// </summary>
internal class LoraEmbedding : EmbeddingLayer, ILoraLayer
{
    private readonly ITensorBackend _backend;
    private readonly BaseEmbedding _original;
    private readonly BackendWeight _rows;
    private readonly BackendWeight _b;
    private readonly BackendWeight _outward;
    private readonly float _scale;
    private BackendArray? _factors;

    internal LoraEmbedding(ITensorBackend backend, BaseEmbedding original, AdapterModule module)
        : base(original.Path)
    {
        _backend = backend;
        _original = original;
        Factors = module;
        _rows = LoraFactors.Open(backend, Path + ".lora_a", module.A, transposed: true);
        _b = LoraFactors.Open(backend, Path + ".lora_b", module.B);
        _outward = LoraFactors.Open(backend, Path + ".lora_b", module.B, transposed: true);
        _scale = (float)module.Scale;
    }

    /// <inheritdoc />
    public bool Enabled { get; set; } = true;

    /// <inheritdoc />
    public AdapterModule Factors { get; }

    /// <inheritdoc />
    public override BackendArray Forward(BackendArray ids)
    {
        BackendArray rows = _original.Forward(ids);
        if (!Enabled)
        {
            return rows;
        }

        BackendArray y = LoraFactors.Added(_backend, rows, _backend.Linear(_backend.Embed(_rows, ids), _b, null), _scale);
        return Factors.Magnitude is null ? y : _backend.Multiply(y, _backend.Reshape(_backend.Take(RowFactors(), ids), [.. ids.Shape, 1]));
    }

    /// <inheritdoc />
    public override BackendArray AsLinear(BackendArray x)
    {
        BackendArray scores = _original.AsLinear(x);
        if (!Enabled)
        {
            return scores;
        }

        BackendArray y = LoraFactors.Added(_backend, scores, _backend.Linear(_backend.Linear(x, _outward, null), _rows, null), _scale);
        return Factors.Magnitude is null ? y : _backend.Multiply(y, RowFactors());
    }

    /// <inheritdoc />
    public ModelLayer Fused() => Fusion.Embedding(_backend, _original, Factors);

    /// <inheritdoc />
    public void FreeFactors()
    {
        _rows.Dispose();
        _b.Dispose();
        _outward.Dispose();
    }

    /// <inheritdoc />
    public ModelLayer Reverted() => _original;

    private BackendArray RowFactors()
    {
        if (_factors is null)
        {
            BackendArray norms = _backend.RowNorms(
                _original.Weight, _backend.Permute(_backend.Read(Factors.A), 1, 0), _backend.Permute(_backend.Read(Factors.B), 1, 0), _scale);
            _factors = _backend.Divide(_backend.Read(Factors.Magnitude!), norms);
            _factors.Hold();
        }

        return _factors;
    }
}
