using Transfuse.Apply.Models.Table;

namespace Transfuse.Apply.Models.Weights;

/// <summary>Tensors that a text model may leave unused: those that mlx-lm (0.32.0) drops on loading. Any other would be ignored silently.</summary>
internal static class UnusedTensors
{
    private static readonly string[] Parts =
    [
        "rotary_emb", "rope.inv_freq", "inv_freq", "vision_tower", "vision_model", "vision_embedder", "visual", "multi_modal_projector", "mm_projector",
        "audio_tower",
        "embed_audio", "embed_vision", "mtp", "mtp_layers", "masked_bias", "activation_scale", "input_max", "input_min", "output_max", "output_min",
    ];

    /// <summary>The first tensor that must not be left, or <see langword="null"/>.</summary>
    public static string? First(IEnumerable<string> names, ModelEntry entry)
    {
        string layers = entry.Word("paths.layers") + ".", head = (entry.Word("paths.head") ?? "lm_head") + ".";
        return names.Order(StringComparer.Ordinal).FirstOrDefault(name =>
            !name.Split('.').Any(part => Parts.Contains(part)) && !name.Contains("mtp_", StringComparison.Ordinal)
            && !name.StartsWith(head, StringComparison.Ordinal) && !(name.StartsWith(layers, StringComparison.Ordinal) && IsBeyond(name[layers.Length..])));
    }

    // Next-token-prediction layers stand behind the last one; there the decoder has no parts, so nothing of theirs was used.
    private static bool IsBeyond(string below) => below.Split('.') is [_, "eh_proj" or "enorm" or "hnorm" or "shared_head", ..];
}
