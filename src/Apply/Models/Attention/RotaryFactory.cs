using System.Collections.Immutable;
using Transfuse.Apply.Backends;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Expressions;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Attention;

/// <summary>
/// Makes the rotation of a layer from the slots under <c>rope</c>: mlx-lm's <c>initialize_rope</c> and the types' own kinds (mlx-models.md 4).
/// </summary>
internal static class RotaryFactory
{
    private const int DefaultOriginal = 4096;

    /// <summary>The rotation of a layer, or <see langword="null"/> where it has none.</summary>
    public static RotaryEmbedding? Create(PartFactory parts, int layer)
    {
        ModelSettings settings = parts.Settings;
        string kind = settings.Word("rope.kind") ?? "none";
        if (kind == "none" || !settings.Is("rope.layers", layer, true))
        {
            return null;
        }

        double theta = Base(settings, layer);
        string? overridden = PerLayer(settings, layer, ref theta);
        return Create(parts, layer, overridden ?? kind, settings.Size("rope.dims", layer), theta, settings.Is("rope.traditional", layer, false));
    }

    /// <summary>A rotation of a kind with given sizes.</summary>
    public static RotaryEmbedding Create(PartFactory parts, int layer, string kind, int dims, double theta, bool traditional)
    {
        ModelSettings settings = parts.Settings;
        ImmutableDictionary<string, object?>? config = settings.Has("rope.config")
            ? settings.Evaluate("rope.config", layer) as ImmutableDictionary<string, object?>
            : null;
        switch (kind)
        {
            case "plain" when settings.Is("rope.negate", layer, false):
                return Fixed(parts, traditional, new([.. new RotaryFrequencies(dims, theta).Values.Select(frequency => -frequency)]));
            case "plain":
                return Fixed(parts, traditional, new(dims, theta));
            case "linear_only":
                return Fixed(parts, traditional, new(dims, theta, config is not null && Kind(config) == "linear" ? Slowed(config) : 1));
            case "ntk_alpha":
                return Fixed(parts, traditional, new(dims, theta * Math.Pow(settings.Number("rope.alpha", layer, 1), dims / (dims - 2.0))));
            case "su":
                return Su(parts, layer, dims, theta, traditional, config);
            case "yarn_v2":
                return Yarn(parts, dims, theta, true, config ?? throw Invalid("rope_scaling", "is missing"));
            case "phi3":
                string type = config is null ? "default" : Kind(config);
                return type is "longrope" or "su" ? Su(parts, layer, dims, theta, traditional, config)
                    : Scaled(parts, layer, type == "linear" ? type : "default", dims, theta, traditional, config);
            default:
                return Scaled(parts, layer, config is null ? "default" : Kind(config), dims, theta, traditional, config);
        }
    }

    private static RotaryEmbedding Scaled(
        PartFactory parts, int layer, string kind, int dims, double theta, bool traditional, ImmutableDictionary<string, object?>? config)
    {
        switch (kind)
        {
            case "default" or "mrope":
                return Fixed(parts, traditional, new(dims, theta));
            case "linear":
                return Fixed(parts, traditional, new(dims, theta, Slowed(config!)));
            case "dynamic":
                double factor = Number(config!, "factor");
                int most = parts.Settings.Size("rope.max_pos", layer);
                return new RotaryEmbedding(
                    parts.Backend,
                    keys => new(dims, theta * Math.Pow((factor * Math.Max(keys, most) / most) - (factor - 1), dims / (dims - 2.0))),
                    traditional,
                    1);
            case "llama3":
                return Fixed(parts, traditional, new(Llama3(dims, theta, config!)));
            case "yarn" or "deepseek_yarn" or "telechat3-yarn":
                return Yarn(parts, dims, theta, traditional, config!);
            case "longrope":
                return Su(parts, layer, dims, theta, traditional, config!);
            case "proportional":
                return Proportional(parts, dims, theta, traditional, config!);
            default:
                throw new ModelException(ModelError.SettingNotRun, "rope_scaling", $"is of the type '{kind}', which is not known");
        }
    }

    private static double Base(ModelSettings settings, int layer)
    {
        double theta = PythonValue.Number(settings.Evaluate("rope.base", layer));
        return double.IsFinite(theta) && theta > 1
            ? theta
            : throw Invalid("rope_theta", $"is {theta}; the base of the rotation must be a finite number above 1");
    }

    private static string? PerLayer(ModelSettings settings, int layer, ref double theta)
    {
        if (!settings.Has("rope.per_layer.when") || !settings.Is("rope.per_layer.when", layer, false))
        {
            return null;
        }

        theta = settings.Number("rope.per_layer.base", layer, (float)theta);
        return settings.Word("rope.per_layer.kind");
    }

    private static RotaryEmbedding Fixed(PartFactory parts, bool traditional, RotaryFrequencies frequencies, double magnitude = 1) =>
        new(parts.Backend, _ => frequencies, traditional, (float)magnitude);

    private static float Slowed(ImmutableDictionary<string, object?> config) => 1 / (float)Number(config, "factor");

    private static ImmutableArray<float> Llama3(int dims, double theta, ImmutableDictionary<string, object?> config)
    {
        double factor = Number(config, "factor"), lowFactor = Number(config, "low_freq_factor", 1), highFactor = Number(config, "high_freq_factor", 4);
        double original = Number(config, "original_max_position_embeddings", 8192);
        double low = original / lowFactor, high = original / highFactor;
        return [.. Enumerable.Range(0, dims / 2).Select(t =>
        {
            double period = Math.Pow(theta, 2.0 * t / dims), wavelength = 2 * Math.PI * period;
            double smooth = ((original / wavelength) - lowFactor) / (highFactor - lowFactor);
            return (float)(1 / (wavelength > low ? period * factor : wavelength <= high ? period : period / (((1 - smooth) / factor) + smooth)));
        })];
    }

    private static RotaryEmbedding Yarn(PartFactory parts, int dims, double theta, bool traditional, ImmutableDictionary<string, object?> config)
    {
        double factor = Number(config, "factor"), original = Number(config, "original_max_position_embeddings", DefaultOriginal);
        double Correction(double rotations) => dims * Math.Log(original / (rotations * 2 * Math.PI)) / (2 * Math.Log(theta));
        double low = Math.Max(Math.Floor(Correction(Number(config, "beta_fast", 32))), 0);
        double high = Math.Min(Math.Ceiling(Correction(Number(config, "beta_slow", 1))), dims - 1);
        high += low == high ? 0.001 : 0;
        RotaryFrequencies frequencies = new([.. Enumerable.Range(0, dims / 2).Select(t =>
        {
            double period = Math.Pow(theta, 2.0 * t / dims), mask = 1 - Math.Clamp((t - low) / (high - low), 0, 1);
            return (float)(1 / (factor * period * period / ((factor * period * mask) + (period * (1 - mask)))));
        })]);
        double Scale(double mscale) => factor <= 1 ? 1 : (0.1 * mscale * Math.Log(factor)) + 1;
        return Fixed(parts, traditional, frequencies, Scale(Number(config, "mscale", 1)) / Scale(Number(config, "mscale_all_dim", 0)));
    }

    // SuScaledRoPE: the long factors at every length.
    private static RotaryEmbedding Su(PartFactory parts, int layer, int dims, double theta, bool traditional, ImmutableDictionary<string, object?>? config)
    {
        ModelSettings settings = parts.Settings;
        object? factors = settings.Has("rope.long_factor") ? settings.Evaluate("rope.long_factor", layer) : config?.GetValueOrDefault("long_factor");
        double[] longFactors = factors is ImmutableArray<object?> list
            ? [.. list.Select(PythonValue.Number)]
            : [.. Enumerable.Repeat(PythonValue.Number(factors ?? 1L), dims / 2)];
        if (longFactors.Length != dims / 2)
        {
            throw Invalid("rope_scaling.long_factor", $"has {longFactors.Length} factors for {dims / 2} frequencies");
        }

        double most = settings.Number("rope.max_pos", layer);
        double original = settings.Has("rope.orig_max") ? settings.Number("rope.orig_max", layer)
            : config is null ? DefaultOriginal : Number(config, "original_max_position_embeddings", DefaultOriginal);
        double magnitude = settings.Has("rope.long_mscale") ? settings.Number("rope.long_mscale", layer)
            : most / original <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(most / original) / Math.Log(original)));
        RotaryFrequencies frequencies = new([.. longFactors.Select((factor, t) => (float)(1 / (factor * Math.Pow(theta, 2.0 * t / dims))))]);
        return Fixed(parts, traditional, frequencies, magnitude);
    }

    private static RotaryEmbedding Proportional(PartFactory parts, int dims, double theta, bool traditional, ImmutableDictionary<string, object?> config)
    {
        int rotated = (int)(dims * Number(config, "partial_rotary_factor", 1));
        double factor = Number(config, "factor", 1);
        RotaryFrequencies frequencies = new(
            [.. Enumerable.Range(0, dims / 2).Select(t => t < rotated / 2 ? (float)(1 / (factor * Math.Pow(theta, 2.0 * t / dims))) : 0)]);
        return Fixed(parts, traditional, frequencies);
    }

    private static string Kind(ImmutableDictionary<string, object?> config) =>
        (config.GetValueOrDefault("type") ?? config.GetValueOrDefault("rope_type")) as string ?? "default";

    private static double Number(ImmutableDictionary<string, object?> config, string field, double? absent = null) => config.GetValueOrDefault(field) switch
    {
        null => absent ?? throw Invalid("rope_scaling." + field, "is missing"),
        (long or double) and var value when double.IsFinite(PythonValue.Number(value)) => PythonValue.Number(value),
        var other => throw Invalid("rope_scaling." + field, $"is {PythonValue.Describe(other)}, which is no finite number"),
    };

    private static ModelException Invalid(string field, string detail) => new(ModelError.FieldInvalid, field, detail);
}
