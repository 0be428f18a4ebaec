using System.Collections.Immutable;
using Transfuse.Conversion.Architectures;
using Transfuse.Conversion.Bases;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages;

/// <summary>
/// PEFT saves the base's embedding and head along when they are adapted or were resized. They say nothing new only if they equal the base's,
/// which a probe of both shows.
/// </summary>
internal static class SavedEmbeddings
{
    private const string Weight = ".weight";
    private const string BaseLayer = ".base_layer.weight";

    /// <summary>Leaves out the saved embeddings that equal the base's; the others stay, to be refused by name.</summary>
    public static Adapter LeaveOutEqual(Adapter adapter, StageContext context)
    {
        if (context.Base is null || adapter.OtherTensors.All(tensor => tensor.Kind != OtherTensorKind.SavedEmbedding))
        {
            return adapter;
        }

        using BaseWeights? weights = OpenBaseWeights.Open(context);
        if (weights is null)
        {
            return adapter;
        }

        ImmutableArray<OtherTensor> equal = [.. adapter.OtherTensors.Where(tensor => tensor.Kind == OtherTensorKind.SavedEmbedding && IsEqual(tensor, weights, context))];
        foreach (OtherTensor tensor in equal)
        {
            context.Log.Add(TensorCodes.SavedEmbeddingEqual.At(tensor.SourceName, "equals the base's and was left out"));
        }

        return adapter with { OtherTensors = adapter.OtherTensors.RemoveRange(equal) };
    }

    private static bool IsEqual(OtherTensor saved, BaseWeights weights, StageContext context)
    {
        LazyTensor? found = Find(saved.Path.EndsWith(BaseLayer, StringComparison.Ordinal) ? saved.Path[..^BaseLayer.Length] + Weight : saved.Path, weights, context);
        if (found is null || found.Shape != saved.Tensor.Shape)
        {
            return false;
        }

        // PEFT saves in the dtype in which the model was loaded: a wider one holds the same values.
        LazyTensor left = saved.Tensor, right = found;
        if (left.DType != right.DType && left.DType.IsFactorFloat() && right.DType.IsFactorFloat())
        {
            (left, right) = (left.Cast(DType.F64), right.Cast(DType.F64));
        }

        return TensorProbe.BytesEqual(left, right, context.CancellationToken);
    }

    // The base's file may name it otherwise than the live model: under another root, or not at all where the head is tied.
    private static LazyTensor? Find(string name, BaseWeights weights, StageContext context)
    {
        if (weights.Find(name) is { } exact)
        {
            return exact;
        }

        Architecture? architecture = context.Base?.Config.ModelType is { } modelType ? ArchitectureTable.Default.Find(modelType) : null;
        GlobalModule? module = architecture?.Globals.FirstOrDefault(global => global.HuggingFace.Any(pattern => pattern.TryMatch(name[..^Weight.Length], out _)));
        IEnumerable<GlobalModule> candidates = module is null ? [] : module.Role == ModuleRole.Head
            ? [module, .. architecture!.Globals.Where(global => global.Role == ModuleRole.InputEmbedding)]
            : [module];
        return candidates.SelectMany(global => global.HuggingFace.Append(global.Mlx!).OfType<PathPattern>())
            .Select(pattern => weights.Find(pattern.Path + Weight)).FirstOrDefault(tensor => tensor is not null);
    }
}
