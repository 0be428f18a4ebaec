using Transfuse.Conversion.Models.Outlines;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Readers.Peft;

/// <summary>The model that PEFT and the servers put an adapter on.</summary>
internal static class HfOutlines
{
    /// <summary>The model, or <see langword="null"/> with a warning where it is not known.</summary>
    /// <param name="context">The check.</param>
    /// <param name="paths">The adapter's module paths.</param>
    public static HfOutline? For(CheckContext context, IReadOnlyCollection<string> paths)
    {
        if (context.Architecture is not { } architecture)
        {
            if (context.Terms.Base is null && context.Terms.ModelType is null)
            {
                context.Report(CheckCodes.BaseUnknown, "base", "none was given; the model was taken to have the modules that the adapter names");
            }

            return null;
        }

        HfOutline outline = HfOutline.Of(architecture, context.BaseConfig, context.BaseWeights, paths);
        if (!outline.IsLayerCountKnown)
        {
            context.Report(CheckCodes.BaseUnknown, architecture.ModelType,
                $"the number of layers is not known; {outline.LayerCount} were assumed, as many as the adapter shows");
        }

        return outline;
    }
}
