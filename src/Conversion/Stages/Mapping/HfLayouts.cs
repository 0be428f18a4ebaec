using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Pipeline;

namespace Transfuse.Conversion.Stages.Mapping;

/// <summary>Which Hugging Face names the options ask for.</summary>
internal static class HfLayouts
{
    public static HfLayout For(ConversionOptions options) =>
        options.TransformersGeneration == 4 ? HfLayout.Transformers4 : HfLayout.Transformers5;
}
