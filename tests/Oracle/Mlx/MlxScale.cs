using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>The multiplier that an adapter_config.json of mlx-lm means, by the version that wrote it.</summary>
public static class MlxScale
{
    /// <summary>
    /// Current files: scale. Files with <c>lora_layers</c> and alpha from before 0.13.1: scale * alpha / rank. With <c>use_dora</c> as well: ambiguous.
    /// </summary>
    public static double Of(JsonElement config)
    {
        JsonElement parameters = config.Get("lora_parameters") ?? throw new InvalidDataException("lora_parameters is missing: the scale must be given");
        double scale = parameters.GetNumber("scale", double.NaN);
        if (!config.Has("lora_layers") || parameters.Get("alpha") is null)
        {
            return scale;
        }

        return config.Has("use_dora")
            ? throw new InvalidDataException($"scale {scale} is multiplied by alpha / rank up to 0.14.1 and not from 0.14.2: the scale must be given")
            : scale * parameters.GetNumber("alpha", 0) / parameters.GetNumber("rank", 0);
    }
}
