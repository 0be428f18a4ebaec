using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Readers.MlxSwift;

/// <summary>What mlx-swift-lm (3.31.4, and what its pull request 602 changed after it) does not adapt, or adapts otherwise, in models that it has.</summary>
internal static class SwiftModels
{
    /// <summary>The module below a layer that some classes offer to adapters in place of the layer.</summary>
    public const string Attention = "self_attn";

    /// <summary>What <see cref="SwiftSupport.Adapts"/> says of models that offer the layers with attention only.</summary>
    public const string AttentionLayers = "attention_layers";

    /// <summary>Whether a path below a layer lies in its attention.</summary>
    public static bool IsInAttention(string relative) => relative.StartsWith(Attention + ".", StringComparison.Ordinal);

    /// <summary>Names the class whose paths are written, where the classes of a model differ.</summary>
    public static void DescribeClass(Architecture architecture, FindingLog log)
    {
        if (architecture.Swift is { Llm: { } text, Vlm: { } vision } && text != vision)
        {
            log.Add(TargetCodes.ClassChosen.At(
                architecture.ModelType, $"the layers are at {text} in the class for text and at {vision} in the class for vision"));
        }
    }

    /// <summary>Whether a module is adapted as in mlx-lm; where not, and where only some releases do, with a finding.</summary>
    public static bool Offers(AdapterModule module, Architecture architecture, FindingLog log)
    {
        if (architecture.Swift is not { } swift)
        {
            return true;
        }

        if (swift.Adapts is Attention or AttentionLayers && !IsInAttention(module.Path.Relative))
        {
            if (swift.Adapts == Attention)
            {
                log.Add(TargetCodes.NewerReader.At(
                    module.SourcePath,
                    $"is offered to adapters of {architecture} by mlx-swift-lm since its pull request 602 (September 2026); 3.31.4 offers the attention alone "
                    + "and "
                    + "refuses the folder"));
                return true;
            }

            log.Add(TargetCodes.NotOffered.At(module.SourcePath, $"mlx-swift-lm adapts only the attention of {architecture}"));
            return false;
        }

        if (swift.Differs.Contains(module.Path.Relative))
        {
            log.Add(TargetCodes.ScaledOtherwise.At(module.SourcePath, $"mlx-swift-lm scales this weight of {architecture} in another way than mlx-lm"));
            return false;
        }

        return true;
    }

    /// <summary>The MLX path of a transformers module that mlx-swift-lm adapts and mlx-lm does not; else <see langword="null"/>.</summary>
    public static string? OwnPathOf(string path, Architecture architecture) =>
        architecture.Swift is { } swift && HfPaths.Resolve(architecture, path) is { Layer: { } layer } address && swift.Also.Contains(address.Path)
            ? $"{architecture.Layers.Mlx}.{layer}.{address.Path}"
            : null;
}
