using System.Collections.Frozen;

namespace Transfuse.Conversion.Models.Architectures;

/// <summary>Why a module cannot be adapted: the words of the table and what messages say of them.</summary>
internal static class Reasons
{
    /// <summary>The closed vocabulary.</summary>
    public static FrozenDictionary<string, string> Texts { get; } = new Dictionary<string, string>
    {
        ["split_per_head"] = "MLX splits its weight per attention head into embed_q and unembed_out (MultiLinear), which it cannot adapt",
        ["absent"] = "the model has no such projection in this layer",
        ["shared_kv"] = "this layer takes its keys and values from an earlier one",
        ["normalised"] = "mlx-lm normalises this weight when it loads the model, so that no low-rank change of it corresponds",
        ["tied"] = "the output head shares its weight with the embedding",
        ["MoEGate"] = "its router is a module with a raw weight (MoEGate), which MLX cannot adapt",
        ["Dots1TopkRouter"] = "its router is a module with a raw weight (Dots1TopkRouter), which MLX cannot adapt",
        ["MultiLinear"] = "it is a MultiLinear, which MLX cannot adapt",
        ["BitLinear"] = "it is a BitLinear, which MLX cannot adapt",
        ["FusedLinear"] = "it is a FusedLinear, whose adapters mlx-lm writes but does not read",
        ["Conv1d"] = "it is a Conv1d, which MLX cannot adapt",
    }.ToFrozenDictionary(StringComparer.Ordinal);
}
