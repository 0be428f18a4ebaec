using System.Collections.Immutable;
using Transfuse.Conversion.Bases;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages;

/// <summary>
/// PEFT saves the base's embedding and head along when they are adapted or were resized, and of a head its bias too; <c>bias</c> saves biases, trained or not.
/// They say nothing new only if they equal the base's, which a probe of both shows.
/// </summary>
internal static class SavedEmbeddings
{
    private static readonly OtherTensorKind[] Saved = [OtherTensorKind.SavedEmbedding, OtherTensorKind.BaseBias];

    /// <summary>Leaves out the saved embeddings and biases that equal the base's; the others stay.</summary>
    public static Adapter LeaveOutEqual(Adapter adapter, StageContext context) => LeaveOut(adapter, context, (_, _) => false);

    /// <summary>Leaves out the saved biases that equal the base's, and all saved embeddings; embeddings that are not shown to equal the base's are refused by name.</summary>
    public static Adapter LeaveOutOrRefuse(Adapter adapter, StageContext context) => LeaveOut(adapter, context, (tensor, why) =>
    {
        if (tensor.Kind != OtherTensorKind.SavedEmbedding)
        {
            return false;
        }

        context.Log.Add(TensorCodes.SavedEmbedding.At(
            tensor.SourceName, $"{tensor.Tensor.DType.SafetensorsName()} {tensor.Tensor.Shape}; {why}; merging in PEFT (merge_and_unload) keeps it, --allow {TensorCodes.SavedEmbedding.Id} drops it"));
        return true;
    });

    private static Adapter LeaveOut(Adapter adapter, StageContext context, Func<OtherTensor, string, bool> isRefused)
    {
        OtherTensor[] saved = [.. adapter.OtherTensors.Where(tensor => Saved.Contains(tensor.Kind))];
        if (saved is [])
        {
            return adapter;
        }

        var left = ImmutableArray.CreateBuilder<OtherTensor>();
        using BaseWeights? weights = OpenBaseWeights.Open(context);
        foreach (OtherTensor tensor in saved)
        {
            if (Difference(tensor, weights, context) is not { } why)
            {
                context.Log.Add(TensorCodes.SavedEmbeddingEqual.At(tensor.SourceName, "equals the base's and was left out"));
                left.Add(tensor);
            }
            else if (isRefused(tensor, why))
            {
                left.Add(tensor);
            }
        }

        return adapter with { OtherTensors = adapter.OtherTensors.RemoveRange(left) };
    }

    // What keeps a saved embedding from being the base's, or null.
    private static string? Difference(OtherTensor saved, BaseWeights? weights, StageContext context)
    {
        if (context.Base is not { } model)
        {
            return "no base was given to compare it with";
        }

        if (weights is null)
        {
            return $"{model.Folder} has no weights to compare it with";
        }

        return SavedBaseWeight.Find(weights, model.Config.Architecture, saved.Path) is not { } found ? $"{model.Folder} has no such tensor"
            : found.Shape != saved.Tensor.Shape ? $"{model.Folder} has {found.DType.SafetensorsName()} {found.Shape} there"
            : SavedBaseWeight.HasValuesOf(saved.Tensor, found, context.CancellationToken) ? null
            : $"{model.Folder} has other values there";
    }
}
