using Transfuse.Conversion.Models.Bases;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Fit;

/// <summary>
/// PEFT saves the base's embedding and head along when they are adapted or were resized, and whoever saves a live model's state saves all of it.
/// Such tensors say nothing new only if they equal the base's, which a probe of both shows.
/// </summary>
internal static class SavedEmbeddings
{
    /// <summary>Leaves out what equals the base's; the rest stays.</summary>
    public static Adapter LeaveOutEqual(Adapter adapter, Run run) => LeaveOut(adapter, _ => true, refuses: false, run);

    /// <summary>Leaves out what equals the base's, of those tensors that a caller names; the rest stays.</summary>
    public static Adapter LeaveOutEqual(Adapter adapter, Func<OtherTensor, bool> isMeant, Run run) => LeaveOut(adapter, isMeant, refuses: false, run);

    /// <summary>
    /// Leaves out what equals the base's, and all saved embeddings; of these the ones that are not shown to equal the base's are refused by name.
    /// </summary>
    public static Adapter LeaveOutOrRefuse(Adapter adapter, Run run) => LeaveOut(adapter, _ => true, refuses: true, run);

    private static Adapter LeaveOut(Adapter adapter, Func<OtherTensor, bool> isMeant, bool refuses, Run run)
    {
        OtherTensor[] saved = [.. adapter.OtherTensors.Where(tensor => CanBeOfBase(tensor) && isMeant(tensor))];
        if (saved is [])
        {
            return adapter;
        }

        var equal = new List<OtherTensor>();
        var refused = new List<OtherTensor>();
        using BaseWeights? weights = OpenBaseWeights.Open(run);
        foreach (OtherTensor tensor in saved)
        {
            if (Difference(tensor, weights, run) is not { } why)
            {
                equal.Add(tensor);
            }
            else if (refuses && tensor.Kind == OtherTensorKind.SavedEmbedding)
            {
                refused.Add(tensor);
                run.Log.Add(TensorCodes.SavedEmbedding.At(
                    tensor.SourceName, $"{tensor.Tensor.DType.SafetensorsName()} {tensor.Tensor.Shape}; {why}; "
                    + $"merging (transfuse fuse, or merge_and_unload in PEFT) keeps it, --allow {TensorCodes.SavedEmbedding.Id} drops it"));
            }
        }

        TellEqual(TensorCodes.SavedEmbeddingEqual, equal.Where(tensor => tensor.Kind == OtherTensorKind.SavedEmbedding), run);
        TellEqual(TensorCodes.WholeModuleEqual, equal.Where(tensor => tensor.Kind != OtherTensorKind.SavedEmbedding), run);
        return adapter with { OtherTensors = adapter.OtherTensors.RemoveRange(equal.Concat(refused)) };
    }

    private static bool CanBeOfBase(OtherTensor tensor) =>
        tensor.Kind is OtherTensorKind.SavedEmbedding or OtherTensorKind.WholeModule or OtherTensorKind.BaseBias;

    private static void TellEqual(FindingCode code, IEnumerable<OtherTensor> tensors, Run run)
    {
        string[] names = [.. tensors.Select(tensor => tensor.SourceName)];
        if (names is not [])
        {
            run.Log.Add(code.At(names, "equals the base's and was left out"));
        }
    }

    // What keeps a saved embedding from being the base's, or null.
    private static string? Difference(OtherTensor saved, BaseWeights? weights, Run run)
    {
        if (run.Base is not { } model)
        {
            return "no base was given to compare it with";
        }

        if (weights is null)
        {
            return $"{model.Folder} has no weights to compare it with";
        }

        return SavedBaseWeight.Find(weights, model.Config.Architecture, saved.Path) is not { } found ? $"{model.Folder} has no such tensor"
            : found.Shape != saved.Tensor.Shape ? $"{model.Folder} has {found.DType.SafetensorsName()} {found.Shape} there"
            : SavedBaseWeight.HasValuesOf(saved.Tensor, found, run.CancellationToken) ? null
            : $"{model.Folder} has other values there";
    }
}
