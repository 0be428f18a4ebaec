using Transfuse.Apply.Backends;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Apply.Layers;

/// <summary><see cref="LoraSwitchLinear"/> on quantized weights.</summary>
internal sealed class QLoraSwitchLinear : LoraSwitchLinear
{
    internal QLoraSwitchLinear(ITensorBackend backend, BaseSwitch original, AdapterModule module)
        : base(backend, original, module)
    {
    }
}
