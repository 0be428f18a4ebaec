using Transfuse.Apply.Backends;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Apply.Layers;

/// <summary><see cref="LoraEmbedding"/> on a quantized embedding.</summary>
internal sealed class QLoraEmbedding : LoraEmbedding
{
    internal QLoraEmbedding(ITensorBackend backend, BaseEmbedding original, AdapterModule module)
        : base(backend, original, module)
    {
    }
}
