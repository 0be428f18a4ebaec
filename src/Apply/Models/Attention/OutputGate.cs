using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Attention;

/// <summary>A gate on what attention gives, before the output matrix: by element or by head.</summary>
internal sealed class OutputGate
{
    private readonly ITensorBackend _backend;
    private readonly LayerSlot? _matrix;
    private readonly UnaryOperation _function;
    private readonly int _heads;
    private readonly bool _perHead;

    private OutputGate(ITensorBackend backend, LayerSlot? matrix, UnaryOperation function, int heads, bool perHead) =>
        (_backend, _matrix, _function, _heads, _perHead) = (backend, matrix, function, heads, perHead);

    public static OutputGate? Create(PartFactory parts, string path, int layer, int hidden, int heads, int width)
    {
        if (!parts.Settings.Has("attn.gate") || !parts.Settings.Is("attn.gate.cond", layer, true))
        {
            return null;
        }

        string name = Paths.Join(path, parts.Settings.Word("attn.gate.name"));
        return parts.Settings.Word("attn.gate.kind") switch
        {
            "sigmoid_from_q" => new OutputGate(parts.Backend, null, UnaryOperation.Sigmoid, heads, false),
            "sigmoid_full" => new OutputGate(parts.Backend, parts.Linear(name, heads * width, hidden, false), UnaryOperation.Sigmoid, heads, false),
            "sigmoid_per_head" => new OutputGate(parts.Backend, parts.Linear(name, heads, hidden, false), UnaryOperation.Sigmoid, heads, true),
            "softplus_per_head" => new OutputGate(parts.Backend, parts.Linear(name, heads, hidden, false), UnaryOperation.Softplus, heads, true),
            var kind => throw new ModelException(ModelError.SettingNotRun, "attn.gate", $"is '{kind}', which is not run"),
        };
    }

    /// <summary>Gates (b, L, heads * d).</summary>
    /// <param name="mixed">What attention gives.</param>
    /// <param name="x">What attention was given.</param>
    /// <param name="given">The gate before its function, where it came with the queries.</param>
    public BackendArray Forward(BackendArray mixed, BackendArray x, BackendArray? given)
    {
        BackendArray gate = _backend.Apply(_function, _matrix?.Forward(x) ?? given!);
        return _perHead
? _backend.Reshape(_backend.Multiply(_backend.Reshape(mixed, mixed[0], mixed[1], _heads, -1), _backend.Reshape(gate, gate[0], gate[1], _heads, 1)), mixed.Shape)
            : _backend.Multiply(mixed, gate);
    }
}
