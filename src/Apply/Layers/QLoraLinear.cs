using Transfuse.Apply.Backends;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Apply.Layers;

/// <summary><see cref="LoraLinear"/> on a quantized weight.</summary>
internal sealed class QLoraLinear : LoraLinear
{
    internal QLoraLinear(ITensorBackend backend, BaseLinear original, AdapterModule module)
        : base(backend, original, module)
    {
    }
}
