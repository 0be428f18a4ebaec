using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Mixers;

/// <summary>A gated short convolution (lfm2): out(C * conv(B * u)) of the thirds B, C, u of one matrix.</summary>
internal sealed class ShortConvolution : IMixer
{
    private readonly ITensorBackend _backend;
    private readonly LayerSlot _in;
    private readonly LayerSlot _out;
    private readonly ConvolutionTail _convolution;

    public ShortConvolution(PartFactory parts, string layerPath, int layer)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        string path = Paths.Join(layerPath, settings.Word("mixer.path"));
        int hidden = settings.Size("dims.H", layer);
        bool bias = settings.Is("mixer.bias", layer, false);
        _in = parts.Linear(path + ".in_proj", 3 * hidden, hidden, bias);
        _out = parts.Linear(path + ".out_proj", hidden, hidden, bias);
        _convolution = new ConvolutionTail(
            _backend, parts.Parameter(path + ".conv.weight", hidden, settings.Size("mixer.kernel", layer), 1),
            bias ? parts.Parameter(path + ".conv.bias", hidden) : null);
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray x, Step step, LayerState state)
    {
        BackendArray all = _in.Forward(x);
        int hidden = x[^1];
        BackendArray entering = _backend.Slice(all, -1, 0, hidden), leaving = _backend.Slice(all, -1, hidden, hidden), u = _backend.Slice(
            all, -1, 2 * hidden, hidden);
        return _out.Forward(_backend.Multiply(leaving, _convolution.Forward(_backend.Multiply(entering, u), state)));
    }
}
