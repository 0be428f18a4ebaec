using Transfuse.Apply.Backends;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Apply.Layers;

/// <summary>Layers whose weight is the model's with an adapter's factors added: rows are computed when they are read.</summary>
internal static class Fusion
{
    public static BaseLinear Linear(ITensorBackend backend, BaseLinear original, AdapterModule module) =>
        new(original.Path, backend, Weight(backend, original.Weight, module), original.Bias);

    public static BaseSwitch Switch(ITensorBackend backend, BaseSwitch original, AdapterModule module) =>
        new(original.Path, backend, Weight(backend, original.Weight, module), original.Bias);

    public static BaseEmbedding Embedding(ITensorBackend backend, BaseEmbedding original, AdapterModule module) =>
        new(original.Path, backend, Weight(backend, original.Weight, module with { A = module.B.Transpose(), B = module.A.Transpose() }));

    private static BackendWeight Weight(ITensorBackend backend, BackendWeight weight, AdapterModule module) =>
        backend.Open(new WeightSource(weight.Source.Name, new FusedTensor(weight.Source, module)));
}
