using Transfuse.Apply.Models.Attention;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Experts;

namespace Transfuse.Apply.Models.Parts;

/// <summary>Makes the blocks of a decoder: which mixer and which network a layer has, and how they are put together.</summary>
internal static class BlockFactory
{
    /// <summary>The block of a layer.</summary>
    public static IBlock Create(PartFactory parts, int layer)
    {
        ModelSettings settings = parts.Settings;
        string path = $"{settings.Word("paths.layers")}.{layer}";
        string placement = settings.Word("block.placement")!;
        if (settings.Has("block.placement_when") && settings.Is("block.placement_when.when", layer, false))
        {
            placement = settings.Word("block.placement_when.placement")!;
        }

        return placement switch
        {
            "pre" or "post" or "sandwich" or "parallel_1norm" or "parallel_2norm" => new StandardBlock(parts, path, layer, placement),
            _ => throw new ModelException(ModelError.TypeNotRun, settings.Entry.ModelType, $"its blocks are of the kind '{placement}', which is not run"),
        };
    }

    /// <summary>What mixes the tokens of a layer: attention, or a recurrence.</summary>
    public static IMixer Mixer(PartFactory parts, string path, int layer)
    {
        ModelSettings settings = parts.Settings;
        if (!settings.Is("attn.layers", layer, true) || !settings.Has("attn"))
        {
            throw new ModelException(ModelError.TypeNotRun, settings.Entry.ModelType, $"its layers have a '{settings.Word("mixer.kind")}', which is not run");
        }

        return settings.Word("attn.kind") switch
        {
            "gqa" => new GroupedAttention(parts, path, layer),
            "mla_full" or "mla_absorbed" or "mla_absorbed_dsa" => new LatentAttention(parts, path, layer),
            var kind => throw new ModelException(ModelError.TypeNotRun, settings.Entry.ModelType, $"its attention is of the kind '{kind}', which is not run"),
        };
    }

    /// <summary>The network of a layer: experts, or one for all tokens.</summary>
    public static IMixer Network(PartFactory parts, string path, int layer) =>
        parts.Settings.Has("moe") && parts.Settings.Is("moe.layers", layer, true) ? new Mixture(parts, path, layer) : FeedForward.Create(parts, path, layer);
}
