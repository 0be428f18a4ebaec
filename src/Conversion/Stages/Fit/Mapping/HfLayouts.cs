using Transfuse.Conversion.Models.Architectures;

namespace Transfuse.Conversion.Stages.Fit.Mapping;

/// <summary>Which Hugging Face names the options ask for.</summary>
internal static class HfLayouts
{
    public static HfLayout For(ConversionOptions options) =>
        options.TransformersGeneration == 4 ? HfLayout.Transformers4 : HfLayout.Transformers5;
}
