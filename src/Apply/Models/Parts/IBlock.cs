using Transfuse.Apply.Backends;
using Transfuse.Apply.Models.Caches;

namespace Transfuse.Apply.Models.Parts;

/// <summary>One layer of a decoder: (b, L, H) to (b, L, H).</summary>
internal interface IBlock
{
    BackendArray Forward(BackendArray h, Step step, LayerState state);
}
