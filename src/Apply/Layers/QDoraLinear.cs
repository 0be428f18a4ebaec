using Transfuse.Apply.Backends;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Apply.Layers;

/// <summary><see cref="DoraLinear"/> on a quantized weight.</summary>
/// <seealso cref="Transfuse.Apply.Layers.ILoraLayer" />
public sealed class QDoraLinear : DoraLinear
{
    internal QDoraLinear(ITensorBackend backend, BaseLinear original, AdapterModule module)
        : base(backend, original, module)
    {
    }
}
