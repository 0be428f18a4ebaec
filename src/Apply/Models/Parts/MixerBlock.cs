using Transfuse.Apply.Backends;
using Transfuse.Apply.Models.Caches;

namespace Transfuse.Apply.Models.Parts;

/// <summary>x + part(norm(x)) with a single part: a recurrence, attention, or a network.</summary>
internal sealed class MixerBlock(PartFactory parts, string path, int layer, IMixer mixer) : IBlock
{
    private readonly ITensorBackend _backend = parts.Backend;
    private readonly Norm _norm = parts.Norm(
        Paths.Join(path, parts.Settings.Word("block.pre_attn")), parts.Settings.Size("dims.H", layer), parts.Settings.Number("norm.eps", layer));

    /// <inheritdoc />
    public BackendArray Forward(BackendArray h, Step step, LayerState state) => _backend.Add(h, mixer.Forward(_norm.Forward(h), step, state));
}
