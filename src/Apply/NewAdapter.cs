using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Apply;

/// <summary>Makes adapters that do nothing yet.</summary>
internal static class NewAdapter
{
    public static Adapter Create(LanguageModel model, LoraConfiguration configuration, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(configuration.Rank, 1);
        var random = new Random(seed);
        ImmutableArray<AdapterModule> modules =
        [
            .. Chosen(model, configuration).OrderBy(slot => ModulePath.Parse(slot.Path)).Select(slot => Module(model, slot, configuration, random)),
        ];
        return modules.IsEmpty
            ? throw new AdapterException(AdapterError.NoSuchLayer, string.Join(", ", configuration.Keys), "name nothing in the model that can be adapted")
            : new Adapter { Layout = ModelLayout.Mlx, Modules = modules, LayerCount = model.Layers };
    }

    private static IEnumerable<LayerSlot> Chosen(LanguageModel model, LoraConfiguration configuration)
    {
        int first = configuration.Layers <= 0 ? 0 : Math.Max(0, model.Layers - configuration.Layers);
        foreach (LayerSlot slot in model.Slots.Values)
        {
            (int layer, string below) = Place(model, slot.Path);
            bool reached = layer >= first;
            if (configuration.Keys.IsEmpty ? reached : configuration.Keys.Contains(slot.Path) || (reached && configuration.Keys.Contains(below)))
            {
                yield return slot;
            }
        }
    }

    // Which layer a path is in and what follows; -1 for what is in none.
    private static (int Layer, string Below) Place(LanguageModel model, string path)
    {
        for (int end = path.IndexOf('.'); end >= 0; end = path.IndexOf('.', end + 1))
        {
            if (model.LayerPaths.TryGetValue(path[..end], out int layer))
            {
                return (layer, path[(end + 1)..]);
            }
        }

        return (-1, string.Empty);
    }

    private static AdapterModule Module(LanguageModel model, LayerSlot slot, LoraConfiguration configuration, Random random)
    {
        int rank = configuration.Rank;
        (ModuleKind kind, BackendWeight weight) = slot.Original switch
        {
            BaseLinear linear => (ModuleKind.Linear, linear.Weight),
            BaseSwitch experts => (ModuleKind.Experts, experts.Weight),
            BaseEmbedding embedding => (ModuleKind.Embedding, embedding.Weight),
            _ => throw new AdapterException(AdapterError.DoesNotFit, slot.Path, "cannot be adapted"),
        };
        int inputs = kind == ModuleKind.Embedding ? weight.Rows : weight.Columns, outputs = kind == ModuleKind.Embedding ? weight.Columns : weight.Rows;
        TensorShape a = kind == ModuleKind.Experts ? new(weight.Experts, rank, inputs) : new(rank, inputs);
        TensorShape b = kind == ModuleKind.Experts ? new(weight.Experts, outputs, rank) : new(outputs, rank);
        float bound = 1 / MathF.Sqrt(inputs);
        float[] values = new float[a.ElementCount];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = ((2 * random.NextSingle()) - 1) * bound;
        }

        return new AdapterModule
        {
            SourcePath = slot.Path,
            Path = ModulePath.Parse(slot.Path),
            Kind = kind,
            A = Memory(values, a),
            B = LazyTensorOperations.Zeros(DType.F32, b),
            Rank = rank,
            Scale = configuration.Scale,
            Dropout = configuration.Dropout,
            Magnitude = configuration.IsDora && kind != ModuleKind.Experts
                ? Memory(model.Backend.ToSingles(model.Backend.RowNorms(weight, null, null, 0)), new(weight.Rows)) : null,
        };
    }

    private static MemoryTensor Memory(float[] values, TensorShape shape) => new(DType.F32, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
}
