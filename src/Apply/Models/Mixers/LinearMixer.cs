using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Mixers;

/// <summary>A single matrix where other layers have attention or a network.</summary>
/// <param name="matrix">The matrix.</param>
internal sealed class LinearMixer(LayerSlot matrix) : IMixer
{
    /// <inheritdoc />
    public BackendArray Forward(BackendArray x, Step step, LayerState state) => matrix.Forward(x);
}
