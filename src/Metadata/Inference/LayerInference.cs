using Transfuse.Metadata.Adapters;

namespace Transfuse.Metadata.Inference;

/// <summary>Infers from module names which layers an adapter adapts.</summary>
internal static class LayerInference
{
    /// <summary>The evidence, or <see langword="null"/> where no module lies in a layer.</summary>
    public static LayerEvidence? Infer(IEnumerable<ModulePath> paths)
    {
        ModulePath[] inLayers = [.. paths.Where(path => path.IsInLayer)];
        if (inLayers is [])
        {
            return null;
        }

        int[] layers = [.. inLayers.Select(path => path.Layer).Distinct()];
        int modules = inLayers.Select(path => path.Relative).Distinct(StringComparer.Ordinal).Count();
        bool uniform = inLayers.Length == modules * layers.Length && inLayers.Select(path => path.LayersRoot).Distinct(StringComparer.Ordinal).Count() == 1;
        return new LayerEvidence(layers.Min(), layers.Max(), layers.Length, uniform);
    }
}
