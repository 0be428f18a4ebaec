using Transfuse.Apply.Backends;
using Transfuse.Apply.Models.Attention;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Experts;

namespace Transfuse.Apply.Models.Parts;

/// <summary>The block of LongCat: two attentions, each with a network, and experts that see what enters the first network and are added at the end.</summary>
internal sealed class ShortcutBlock : IBlock
{
    private readonly ITensorBackend _backend;
    private readonly (Norm BeforeAttention, LatentAttention Attention, Norm BeforeNetwork, FeedForward Network)[] _halves;
    private readonly Mixture _experts;

    public ShortcutBlock(PartFactory parts, string path, int layer)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        foreach (string field in new[] { "mla_scale_q_lora", "mla_scale_kv_lora" })
        {
            if (settings.Field(field) is not true)
            {
                throw new ModelException(ModelError.SettingNotRun, field, "is not true; mlx-lm (0.32.0) cannot run that either");
            }
        }

        Norm Norm(string slot, int half) => parts.Norm(
            Paths.Join(path, Paths.Indexed(settings.Word("block." + slot)!, half)), settings.Size("dims.H", layer), settings.Number("norm.eps", layer));
        _halves = [.. Enumerable.Range(0, 2).Select(half => (
            Norm("pre_attn", half), new LatentAttention(parts, path, layer, half), Norm("pre_mlp", half), FeedForward.Create(parts, path, layer, half)))];
        _experts = new Mixture(parts, path, layer);
    }

    /// <inheritdoc />
    public BackendArray Forward(BackendArray h, Step step, LayerState state)
    {
        BackendArray? shortcut = null;
        foreach ((Norm beforeAttention, LatentAttention attention, Norm beforeNetwork, FeedForward network) in _halves)
        {
            h = _backend.Add(h, attention.Forward(beforeAttention.Forward(h), step, state));
            BackendArray normed = beforeNetwork.Forward(h);
            shortcut ??= _experts.Forward(normed, normed);
            h = _backend.Add(h, network.Forward(normed));
        }

        return _backend.Add(h, shortcut!);
    }
}
