using System.Collections.Immutable;
using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Apply;

/// <summary>Makes the layers of an adapter for a model, after checking that each fits.</summary>
internal static class LayerFactory
{
    /// <summary>A layer for each module, in their order.</summary>
    /// <exception cref="AdapterException">One does not fit.</exception>
    public static ImmutableArray<ILoraLayer> Create(LanguageModel model, Adapter adapter)
    {
        if (adapter.OtherTensors.FirstOrDefault(tensor => tensor.Kind != OtherTensorKind.TrainingState) is { } other)
        {
            throw new AdapterException(
                AdapterError.NotOnlyFactors, other.SourceName,
                $"is {other.Tensor.DType.SafetensorsName()} {other.Tensor.Shape} and no low-rank factor; only factors are applied");
        }

        if (adapter.Modules.IsEmpty)
        {
            throw new AdapterException(AdapterError.Nothing, "the adapter", "adapts no module");
        }

        return [.. adapter.Modules.Select(module => Create(model, module))];
    }

    private static ILoraLayer Create(LanguageModel model, AdapterModule module)
    {
        if (!model.Slots.TryGetValue(module.Path.Text, out LayerSlot? slot))
        {
            throw new AdapterException(AdapterError.NoSuchLayer, module.Path.Text, "is adapted, but the model has no layer there that can be");
        }

        switch (slot.Original, module.Kind)
        {
            case (BaseLinear linear, ModuleKind.Linear):
                Check(module, linear.Weight, module.A.Shape, module.B.Shape, new(module.Rank, linear.Weight.Columns), new(linear.Weight.Rows, module.Rank));
                bool dora = module.Magnitude is not null;
                return linear.Weight.Source.Form is null
                    ? dora ? new DoraLinear(model.Backend, linear, module) : new LoraLinear(model.Backend, linear, module)
                    : dora ? new QDoraLinear(model.Backend, linear, module) : new QLoraLinear(model.Backend, linear, module);
            case (BaseSwitch experts, ModuleKind.Experts):
                BackendWeight stack = experts.Weight;
                Check(
                    module, stack, module.A.Shape, module.B.Shape, new(stack.Experts, module.Rank, stack.Columns), new(stack.Experts, stack.Rows, module.Rank));
                return stack.Source.Form is null ? new LoraSwitchLinear(model.Backend, experts, module) : new QLoraSwitchLinear(model.Backend, experts, module);
            case (BaseEmbedding embedding, ModuleKind.Embedding):
                Check(
                    module, embedding.Weight, module.A.Shape, module.B.Shape, new(module.Rank, embedding.Weight.Rows),
                    new(embedding.Weight.Columns, module.Rank));
                return embedding.Weight.Source.Form is null
                    ? new LoraEmbedding(model.Backend, embedding, module)
                    : new QLoraEmbedding(model.Backend, embedding, module);
            default:
                throw new AdapterException(
                    AdapterError.DoesNotFit, module.Path.Text, $"is adapted as {module.Kind}, but the model has a {slot.Original.GetType().Name} there");
        }
    }

    private static void Check(AdapterModule module, BackendWeight weight, TensorShape a, TensorShape b, TensorShape wantedA, TensorShape wantedB)
    {
        if (a != wantedA || b != wantedB)
        {
            throw new AdapterException(
                AdapterError.DoesNotFit, module.Path.Text, $"has factors {a} and {b}; the model's {weight.Source.Name} needs {wantedA} and {wantedB}");
        }

        if (module.Magnitude is { } magnitude && (magnitude.Shape != new TensorShape(weight.Rows) || module.Kind == ModuleKind.Experts))
        {
            throw new AdapterException(
                AdapterError.DoesNotFit, module.Path.Text, $"has a magnitude {magnitude.Shape}; the model's {weight.Source.Name} has {weight.Rows} rows");
        }
    }
}
