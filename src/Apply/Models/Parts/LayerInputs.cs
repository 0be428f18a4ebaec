using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Configs;

namespace Transfuse.Apply.Models.Parts;

/// <summary>Makes the inputs of all layers from ids and embeddings (mlx-models.md 8): (b, L, N, P) in the step.</summary>
internal sealed class LayerInputs
{
    /// <summary>What the step calls them.</summary>
    public const string Name = "layer inputs";

    private readonly ITensorBackend _backend;
    private readonly LayerSlot _embedding;
    private readonly LayerSlot _projection;
    private readonly Norm _norm;
    private readonly int _layers;
    private readonly int _width;
    private readonly int _ids;
    private readonly float _projectionScale;

    private LayerInputs(PartFactory parts)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        _layers = settings.Layers;
        _width = settings.FieldSize("hidden_size_per_layer_input");
        _ids = settings.FieldSize("vocab_size_per_layer_input");
        int hidden = settings.Size("dims.H", null);
        string embedding = settings.Word("paths.embed")!, root = embedding[..embedding.LastIndexOf('.')];
        _embedding = parts.Embedding(root + ".embed_tokens_per_layer", _ids, _layers * _width);
        _projection = parts.Linear(root + ".per_layer_model_projection", _layers * _width, hidden, false);
        _norm = parts.Norm(root + ".per_layer_projection_norm", _width, settings.Number("norm.eps", null));
        _projectionScale = 1 / MathF.Sqrt(hidden);
    }

    public static LayerInputs? Create(PartFactory parts) =>
        parts.Settings.Has("ple") && parts.Settings.Is("ple.when", null, true) ? new LayerInputs(parts) : null;

    public void Prepare(BackendArray h, Step step)
    {
        // Ids beyond the table stand for pictures and sounds; they take row 0.
        int[] ids = _backend.ToIntegers(step.Ids);
        BackendArray known = _backend.FromIntegers([.. ids.Select(id => id < _ids ? id : 0)], step.Batch, step.Length);
        BackendArray embedded = _backend.Reshape(_backend.Affine(_embedding.Embed(known), MathF.Sqrt(_width), 0), step.Batch, step.Length, _layers, _width);
        BackendArray projected = _backend.Reshape(_backend.Affine(_projection.Forward(h), _projectionScale, 0), step.Batch, step.Length, _layers, _width);
        step.Shared[Name] = _backend.Affine(_backend.Add(_norm.Forward(projected), embedded), MathF.Sqrt(0.5f), 0);
    }
}
