using Transfuse.Apply.Models.Attention;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Experts;
using Transfuse.Apply.Models.Mixers;

namespace Transfuse.Apply.Models.Parts;

/// <summary>Makes the blocks of a decoder: which mixer and which network a layer has, and how they are put together.</summary>
internal static class BlockFactory
{
    /// <summary>The block that runs at a place: of a layer, or of a layer once more.</summary>
    public static IBlock Create(PartFactory parts, int index)
    {
        ModelSettings settings = parts.Settings;
        int layer = index % settings.Layers;
        string path = settings.LayerPath(layer);
        string placement = settings.Word("block.placement")!;
        if (settings.Has("block.placement_when") && settings.Is("block.placement_when.when", layer, false))
        {
            placement = settings.Word("block.placement_when.placement")!;
        }

        return placement switch
        {
            "sandwich" when settings.Has("block.layer_scalar") => new GemmaBlock(parts, path, layer),
            "pre" or "post" or "sandwich" or "parallel_1norm" or "parallel_2norm" => new StandardBlock(parts, path, layer, placement),
            "shortcut_moe" => new ShortcutBlock(parts, path, layer),
            "altup_laurel" => new AltUpBlock(parts, path, layer),
            "looped" => new StandardBlock(parts, path, layer, "pre", new LoopedAttention(parts, path, layer, index / settings.Layers)),
            "mixer_only" => new MixerBlock(parts, path, layer, Recurrence(parts, path, layer)),
            "one_mixer" => new MixerBlock(parts, path, layer, Single(parts, path, layer)),
            "parallel_mixers" => new ParallelMixersBlock(parts, path, layer),
            _ => throw new ModelException(ModelError.TypeNotRun, settings.Entry.ModelType, $"its blocks are of the kind '{placement}', which is not run"),
        };
    }

    /// <summary>What mixes the tokens of a layer: attention, or a recurrence.</summary>
    public static IMixer? Mixer(PartFactory parts, string path, int layer)
    {
        ModelSettings settings = parts.Settings;
        if (!settings.Has("attn") || !settings.Is("attn.layers", layer, true))
        {
            return settings.Has("mixer") ? Recurrence(parts, path, layer) : null;
        }

        if (Replacement(parts, path, layer, "attn.variant") is { } linear)
        {
            return linear;
        }

        return settings.Word("attn.kind") switch
        {
            "gqa" => new GroupedAttention(parts, path, layer),
            "mla_full" or "mla_absorbed" or "mla_absorbed_dsa" => new LatentAttention(parts, path, layer),
            var kind => throw new ModelException(ModelError.TypeNotRun, settings.Entry.ModelType, $"its attention is of the kind '{kind}', which is not run"),
        };
    }

    /// <summary>The network of a layer: experts, or one for all tokens.</summary>
    public static IMixer? Network(PartFactory parts, string path, int layer)
    {
        ModelSettings settings = parts.Settings;
        if (Replacement(parts, path, layer, "mlp.variant") is { } linear)
        {
            return linear;
        }

        if (settings.Word("mlp.kind") == "rwkv_channel_mix")
        {
            return new ChannelMix(parts, path, layer);
        }

        return parts.Settings.Has("moe") && parts.Settings.Is("moe.layers", layer, true) ? new Mixture(parts, path, layer)
            : settings.Is("mlp.layers", layer, true) || settings.Has("moe") ? FeedForward.Create(parts, path, layer)
            : null;
    }

    private static IMixer Recurrence(PartFactory parts, string path, int layer) => parts.Settings.Word("mixer.kind") switch
    {
        "short_conv" => new ShortConvolution(parts, path, layer),
        "gated_delta" => new GatedDelta(parts, path, layer),
        "mamba2" => new Mamba2(parts, path, layer),
        "mamba1" => new Mamba1(parts, path, layer),
        "kimi_delta" => new KimiDelta(parts, path, layer),
        "gla" => new LinearAttention(parts, path, layer),
        "rwkv7" => new Rwkv7(parts, path, layer),
        "rglru" => new GatedRecurrence(parts, path, layer),
        "plamo2_mamba" => new NormedMamba(parts, path, layer),
        var kind => throw new ModelException(ModelError.TypeNotRun, parts.Settings.Entry.ModelType, $"its layers have a '{kind}', which is not run"),
    };

    // nemotron_h: each layer is one of attention, recurrence, network and experts.
    private static IMixer Single(PartFactory parts, string path, int layer)
    {
        ModelSettings settings = parts.Settings;
        return settings.Is("attn.layers", layer, true) ? new GroupedAttention(parts, path, layer)
            : settings.Is("mixer.layers", layer, true) ? Recurrence(parts, path, layer)
            : Network(parts, path, layer)
                ?? throw new ModelException(ModelError.FieldInvalid, "hybrid_override_pattern", $"says nothing that layer {layer} could be");
    }

    // nemotron-nas: a single matrix in place of attention or network.
    private static LinearMixer? Replacement(PartFactory parts, string path, int layer, string slot)
    {
        ModelSettings settings = parts.Settings;
        if (!settings.Has(slot) || !settings.Is(slot + ".when", layer, false))
        {
            return null;
        }

        int hidden = settings.Size("dims.H", layer);
        return new LinearMixer(parts.Linear(Paths.Join(path, settings.Word(slot + ".path")), hidden, hidden, settings.Is(slot + ".bias", layer, false)));
    }
}
