using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Experts;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Mixers;

/// <summary>A plain network on a mix of each step with the one before: value(act(key(x + (shift(x) - x) x_k))) (rwkv7).</summary>
internal sealed class ChannelMix : IMixer
{
    private readonly ITensorBackend _backend;
    private readonly LayerSlot _up;
    private readonly LayerSlot _down;
    private readonly Parameter _mix;
    private readonly TokenShift _shift;
    private readonly Activation _activation;

    public ChannelMix(PartFactory parts, string layerPath, int layer)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        string path = Paths.Join(layerPath, settings.Word("mlp.path"));
        int hidden = settings.Size("dims.H", layer), inner = settings.Size("mlp.inner", layer);
        _up = parts.Linear(Paths.Join(path, settings.Word("mlp.up")), inner, hidden, false);
        _down = parts.Linear(Paths.Join(path, settings.Word("mlp.down")), hidden, inner, false);
        _mix = parts.Flat(path + ".x_k", hidden);
        _shift = new TokenShift(_backend, "channel shift");
        _activation = Activation.Create(parts, "mlp", path, layer);
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray x, Step step, LayerState state) =>
        _down.Forward(_activation.Forward(_up.Forward(_backend.Add(x, _backend.Multiply(_shift.Change(x, state), _mix.Value)))));
}
