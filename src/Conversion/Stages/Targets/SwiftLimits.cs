using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Stages.Targets;

/// <summary>What mlx-swift-lm (3.31.4, and what its pull request 602 changed after it) does not adapt, or adapts otherwise, in models that it has.</summary>
internal static class SwiftLimits
{
    private const string SelfAttention = "self_attn";
    private const string AttentionLayers = "attention_layers";

    /// <summary>The module below a layer to which the text class's keys are relative, or <see langword="null"/> where they are relative to the layer.</summary>
    public static string? KeysBelow(Architecture architecture) => architecture.Swift?.Adapts == SelfAttention ? SelfAttention : null;

    /// <summary>The modules that mlx-swift-lm adapts as mlx-lm does; each other is named in a finding.</summary>
    public static ImmutableArray<AdapterModule> Apply(ImmutableArray<AdapterModule> modules, Architecture architecture, TargetProfile target, Run run)
    {
        if (!ReaderRoots.HasSwift(target) || architecture.Swift is not { } swift)
        {
            return modules;
        }

        if (swift is { Llm: { } text, Vlm: { } vision } && text != vision)
        {
            run.Log.Add(TargetCodes.ClassChosen.At(architecture.ModelType, $"the layers are at {text} in the class for text and at {vision} in the class for vision"));
        }

        bool isAttentionOnly = swift.Adapts is SelfAttention or AttentionLayers;
        return [.. modules.Where(Holds)];

        bool Holds(AdapterModule module)
        {
            if (isAttentionOnly && !module.Path.Relative.StartsWith(SelfAttention + ".", StringComparison.Ordinal))
            {
                if (swift.Adapts == SelfAttention)
                {
                    run.Log.Add(TargetCodes.NewerReader.At(module.SourcePath, $"is offered to adapters of {architecture} by mlx-swift-lm since its pull request 602 (September 2026); 3.31.4 offers the attention alone and refuses the folder"));
                    return true;
                }

                run.Log.Add(TargetCodes.NotOffered.At(module.SourcePath, $"mlx-swift-lm adapts only the attention of {architecture}"));
                return false;
            }

            if (swift.Differs.Contains(module.Path.Relative))
            {
                run.Log.Add(TargetCodes.ScaledOtherwise.At(module.SourcePath, $"mlx-swift-lm scales this weight of {architecture} in another way than mlx-lm"));
                return false;
            }

            return true;
        }
    }

    /// <summary>The MLX path of a transformers module that mlx-swift-lm adapts and mlx-lm does not, where mlx-swift-lm is the only reader; else <see langword="null"/>.</summary>
    /// <param name="path">The module's path in transformers.</param>
    /// <param name="architecture">The model.</param>
    /// <param name="profile">The target.</param>
    public static string? PathOfOwn(string path, Architecture architecture, TargetProfile profile)
    {
        bool isOwn = ReaderRoots.IsSwift(profile) && architecture.Swift is not null;
        return isOwn && HfPaths.Resolve(architecture, path) is { Layer: { } layer } address && architecture.Swift!.Also.Contains(address.Path)
            ? $"{architecture.Layers.Mlx}.{layer}.{address.Path}"
            : null;
    }
}
