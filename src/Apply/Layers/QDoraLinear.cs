using Transfuse.Apply.Backends;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Apply.Layers;

/// <summary><see cref="DoraLinear"/> on a quantized weight.</summary>
internal sealed class QDoraLinear : DoraLinear
{
    internal QDoraLinear(ITensorBackend backend, BaseLinear original, AdapterModule module)
        : base(backend, original, module)
    {
    }
}
