using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Readers.Mlx;

/// <summary>The model that an MLX reader would wrap: from the base's weights, else from the table, else from the adapter itself.</summary>
internal static class MlxOutlines
{
    /// <summary>The model, as well as it is known; what is not known is named in a warning.</summary>
    /// <param name="context">The check.</param>
    /// <param name="tensors">The adapter's tensors.</param>
    /// <param name="roots">The layers' paths that the reader may have; the one that suits the adapter is taken.</param>
    public static ModelOutline For(CheckContext context, MlxTensors tensors, Func<Architecture, IEnumerable<string?>> roots)
    {
        if (context.Architecture is not { } architecture)
        {
            var assumed = new AdapterOutline(
                // Embeddings and linear layers have factors alike; stacked experts have a third axis in lora_b.
                tensors.Pairs.Select(pair => (pair.Path, (pair.B ?? pair.A)?.Shape.Rank == 3)),
                context.BaseConfig?.GetInteger("num_hidden_layers"));
            if (context.Terms.Base is null && context.Terms.ModelType is null)
            {
                context.Report(CheckCodes.BaseUnknown, "base",
                    $"none was given; the model was taken to have {assumed.LayerCount} layers and the modules that the adapter names");
            }

            return assumed;
        }

        string[] candidates = [.. roots(architecture).OfType<string>().Distinct(StringComparer.Ordinal)];
        string root = candidates is [] ? architecture.Layers.Mlx
            : candidates.MaxBy(candidate => tensors.Pairs.Count(pair => HfPaths.TrySplit(pair.Path, candidate, out _, out _)))!;
        ModelOutline outline = ModelOutline.Of(architecture, context.BaseConfig, context.BaseWeights, root, ShownLayers(tensors, root));
        if (!outline.IsLayerCountKnown)
        {
            context.Report(CheckCodes.BaseUnknown, architecture.ModelType,
                $"the number of layers is not known; {outline.LayerCount} were assumed, as many as the adapter shows");
        }

        return outline;
    }

    private static long ShownLayers(MlxTensors tensors, string root) =>
        tensors.Pairs.Select(pair => HfPaths.TrySplit(pair.Path, root, out int layer, out _) ? layer + 1L : 0).DefaultIfEmpty(0).Max();
}
