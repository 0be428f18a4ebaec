namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>
/// The parts of a vision-language or speech model that lie beside its language model. The table of architectures describes language models alone,
/// so that a path in such a part is neither known nor known to be missing.
/// </summary>
internal static class Towers
{
    // The names under which the model classes of transformers 5.17, mlx-vlm 0.6 and the widespread remote code keep them.
    private static readonly string[] Names =
    [
        "visual", "vision_tower", "vision_model", "vision_encoder", "vision_backbone", "vision_embed_tokens", "vision_language_adapter", "vision_projector",
        "vision",
        "image_encoder", "image_projection", "img_processor", "sam_model", "vpm", "resampler", "perceiver_resampler", "connector", "aligner", "embed_vision",
        "multi_modal_projector", "mm_projector", "modality_projection", "audio_tower", "audio_model", "audio_encoder", "audio_projection", "audio_projector",
        "speech_encoder", "embed_audio", "apm", "talker", "token2wav", "code2wav", "code_predictor",
    ];

    private static readonly HashSet<string> Known = new(Names, StringComparer.Ordinal);

    /// <summary>The name of the part that a path lies in, or <see langword="null"/> where it is none that is known.</summary>
    /// <param name="path">A module's path in transformers or MLX.</param>
    public static string? Of(string path)
    {
        string[] segments = path.Split('.');
        int layers = Array.FindIndex(segments, segment => PathPattern.TryParseIndex(segment, out _));
        return segments.Take(layers < 0 ? segments.Length : layers).FirstOrDefault(Known.Contains);
    }
}
