using System.Collections.Immutable;
using Transfuse.Conversion.Architectures;
using Transfuse.Conversion.Bases;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages;

/// <summary>
/// PEFT saves the base's embedding and head along when they are adapted or were resized. They say nothing new only if they equal the base's,
/// which a probe of both shows.
/// </summary>
internal static class SavedEmbeddings
{
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
        Architecture? architecture = context.Base?.Config.ModelType is { } modelType ? ArchitectureTable.Default.Find(modelType) : null;
        return SavedBaseWeight.Find(weights, architecture, saved.Path) is { } found && SavedBaseWeight.HasValuesOf(saved.Tensor, found, context.CancellationToken);
    }
}
