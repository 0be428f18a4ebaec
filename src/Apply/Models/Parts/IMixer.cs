using Transfuse.Apply.Backends;
using Transfuse.Apply.Models.Caches;

namespace Transfuse.Apply.Models.Parts;

/// <summary>A part of a block that maps (b, L, H) to (b, L, H) and may remember earlier tokens: attention, a recurrence, a feed-forward network.</summary>
internal interface IMixer
{
    BackendArray Forward(BackendArray x, Step step, LayerState state);
}
