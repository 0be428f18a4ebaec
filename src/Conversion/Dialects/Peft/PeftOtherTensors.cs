using System.Collections.Immutable;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>Tells by the config what the tensors are whose names do not tell.</summary>
internal static class PeftOtherTensors
{
    public static ImmutableArray<OtherTensor> Refine(ImmutableArray<OtherTensor> tensors, PeftConfig config) =>
        [.. tensors.Select(tensor => tensor with { Kind = Refine(tensor, config) })];

    private static OtherTensorKind Refine(OtherTensor tensor, PeftConfig config)
    {
        if (tensor.Kind != OtherTensorKind.WholeModule)
        {
            return tensor.Kind;
        }

        string owner = tensor.Path[..Math.Max(tensor.Path.LastIndexOf('.'), 0)];

        // PEFT compares with a plain string suffix, without regard to dots.
        bool isReplaced = config.ModulesToSave.Any(item => owner.EndsWith(item, StringComparison.Ordinal));
        if (!isReplaced && config.Bias != "none" && tensor.Path.EndsWith(".bias", StringComparison.Ordinal))
        {
            return OtherTensorKind.BaseBias;
        }

        // After a resize of the vocabulary PEFT saves both embeddings under their plain names.
        bool isEmbedding = tensor.Path.EndsWith(".weight", StringComparison.Ordinal)
            && (EmbeddingNames.Contains(ModulePath.LeafOf(owner)) || ModulePath.LeafOf(owner) is "lm_head" or "embed_out" or "output");
        return !isReplaced && isEmbedding ? OtherTensorKind.SavedEmbedding : OtherTensorKind.WholeModule;
    }
}
