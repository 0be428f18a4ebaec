using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx;

/// <summary>Finds the final multiplier, by producer and version. It lives only in JSON, never in tensors.</summary>
internal static class MlxScale
{
    // What apply_lora_layers of mlx-lm 0.0.3 to 0.5 used whatever the rank: 10 x 16 / 8.
    private const double ArchiveScale = 20;

    // What FastMLXModel of unsloth-zoo 2026.8 uses where the config has none.
    private const double UnslothScale = 1;

    private static readonly Version AlphaDropped = new(0, 14, 2);
    private static readonly Version AlphaDivided = new(0, 5, 0);

    /// <summary>The multiplier, or <see langword="null"/> with an error in the log.</summary>
    public static double? Resolve(MlxFields fields, MlxEvidence evidence, MlxProducer? producer, bool hasConfig)
    {
        if (!hasConfig)
        {
            return WithoutConfig(fields, evidence);
        }

        int before = fields.Log.Count;
        double? scale = fields.Number("lora_parameters.scale") ?? fields.Number("scale");
        double? alpha = fields.Number("lora_parameters.alpha");
        if (fields.Log.Count > before)
        {
            return null;
        }

        if (scale is null)
        {
            return evidence.HasLegacyNames ? LegacyVlm(fields, producer) : Missing(fields);
        }

        bool old = fields.Has("lora_layers") && !fields.Has("num_layers");
        return old && alpha is { } numerator ? OldMlxLm(fields, scale.Value, numerator, producer) : scale;
    }

    private static double? WithoutConfig(MlxFields fields, MlxEvidence evidence)
    {
        if (!evidence.IsArchive)
        {
            fields.Log.Add(MlxConfigCodes.ScaleUnknown.At(fields.FileName, "there is no config, so the scale is nowhere; give --scale NUMBER"));
            return null;
        }

        fields.Log.Add(MlxConfigCodes.DefaultApplied.At(
            fields.FileName, "there is no config; mlx-lm before 0.6, which wrote such archives, always loaded them with scale 20. If the training set another, give --scale"));
        return ArchiveScale;
    }

    private static double? Missing(MlxFields fields)
    {
        if (fields.Has("unsloth_mlx_lora_module_paths"))
        {
            fields.Log.Add(MlxConfigCodes.DefaultApplied.At(fields.FileName, "lora_parameters.scale is missing; Unsloth (unsloth-zoo 2026.8) loads such a folder with scale 1"));
            return UnslothScale;
        }

        fields.Log.Add(MlxConfigCodes.ScaleUnknown.At(fields.FileName, "lora_parameters.scale is missing; give --scale NUMBER"));
        return null;
    }

    // mlx-lm 0.6 to 0.14.1 multiplied scale by alpha / rank; 0.14.2 stopped, but its default config went on writing alpha.
    private static double? OldMlxLm(MlxFields fields, double scale, double alpha, MlxProducer? producer)
    {
        bool beforeDora = !fields.Has("use_dora");
        if (!beforeDora && producer is null)
        {
            string divided = fields.Integer("lora_parameters.rank") is { } r and > 0 ? $"{scale * alpha / r:R}" : "scale x alpha / rank";
            fields.Log.Add(MlxConfigCodes.ScaleAmbiguous.At(
                fields.FileName, $"mlx-lm 0.13.1 to 0.14.1 means {divided}, 0.14.2 to 0.18.2 means {scale:R}; give --producer mlx-lm@VERSION (or the date of the training), or --scale"));
            return null;
        }

        if (producer is not null ? !producer.IsBefore("mlx-lm", AlphaDropped) : !beforeDora)
        {
            return scale;
        }

        if (fields.Integer("lora_parameters.rank") is { } rank and > 0)
        {
            fields.Log.Add(MlxConfigCodes.LegacyForm.At(fields.FileName, $"mlx-lm before 0.14.2 wrote it, so the scale is {scale:R} x {alpha:R} / {rank}"));
            return scale * alpha / rank;
        }

        fields.Log.Add(MlxConfigCodes.ScaleUnknown.At(fields.FileName, "the scale is scale x alpha / rank, and lora_parameters.rank is missing; give --scale NUMBER"));
        return null;
    }

    private static double? LegacyVlm(MlxFields fields, MlxProducer? producer)
    {
        if (fields.Number("alpha") is not { } alpha || fields.Integer("rank") is not { } rank || rank <= 0)
        {
            fields.Log.Add(MlxConfigCodes.ScaleUnknown.At(fields.FileName, "alpha or rank is missing; give --scale NUMBER"));
            return null;
        }

        if (producer is null)
        {
            fields.Log.Add(MlxConfigCodes.ScaleAmbiguous.At(
                fields.FileName, $"mlx-vlm until 0.4.4 means {alpha:R}, 0.5.0 means {alpha / rank:R}; give --producer mlx-vlm@VERSION, or --scale"));
            return null;
        }

        return producer.IsBefore("mlx-vlm", AlphaDivided) ? alpha : alpha / rank;
    }
}
