using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Configs;

namespace Transfuse.Apply.Models.Parts;

/// <summary>The input that each layer of Gemma 4 has of its own: h + norm(projection(gelu(gate h) * input)).</summary>
internal sealed class LayerInput
{
    private readonly ITensorBackend _backend;
    private readonly LayerSlot _gate;
    private readonly LayerSlot _projection;
    private readonly Norm _norm;
    private readonly int _layer;

    public LayerInput(PartFactory parts, string path, int layer)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        _layer = layer;
        int hidden = settings.Size("dims.H", layer), width = settings.FieldSize("hidden_size_per_layer_input");
        _gate = parts.Linear(path + ".per_layer_input_gate", width, hidden, false);
        _projection = parts.Linear(path + ".per_layer_projection", hidden, width, false);
        _norm = parts.Norm(path + ".post_per_layer_input_norm", hidden, settings.Number("norm.eps", layer));
    }

    /// <summary>What is added to the hidden state.</summary>
    public BackendArray Added(BackendArray h, Step step)
    {
        var inputs = (BackendArray)step.Shared[LayerInputs.Name];
        BackendArray own = _backend.Reshape(_backend.Slice(inputs, 2, _layer, 1), h[0], h[1], inputs[3]);
        BackendArray gated = _backend.Multiply(_backend.Apply(UnaryOperation.GeluTanh, _gate.Forward(h)), own);
        return _norm.Forward(_projection.Forward(gated));
    }

    public BackendArray Forward(BackendArray h, Step step) => _backend.Add(h, Added(h, step));
}
