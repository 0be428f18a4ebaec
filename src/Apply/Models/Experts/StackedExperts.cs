using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Experts;

/// <summary>Experts whose matrices are stacked: gated (SwitchGLU) or plain (SwitchMLP).</summary>
internal sealed class StackedExperts : IExperts
{
    private readonly LayerSlot? _gate;
    private readonly LayerSlot _up;
    private readonly LayerSlot _down;
    private readonly Activation _activation;

    public StackedExperts(PartFactory parts, string path, int layer, int width, int count)
    {
        ModelSettings settings = parts.Settings;
        string at = Paths.Join(path, settings.Word("moe.experts.path"));
        int inner = settings.Size("moe.experts.inner", layer);
        bool bias = settings.Is("moe.experts.bias", layer, false);
        bool plain = settings.Word("moe.experts.kind") == "switch_mlp";
        _gate = plain ? null : parts.Switch(at + ".gate_proj", count, inner, width, bias);
        _up = parts.Switch(at + (plain ? ".fc1" : ".up_proj"), count, inner, width, bias);
        _down = parts.Switch(at + (plain ? ".fc2" : ".down_proj"), count, width, inner, bias);
        _activation = Activation.Create(parts, "moe.experts", at, layer);
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray x, BackendArray experts)
    {
        BackendArray up = _up.Forward(x, experts);
        return _down.Forward(_gate is null ? _activation.Forward(up) : _activation.Forward(_gate.Forward(x, experts), up), experts);
    }
}
