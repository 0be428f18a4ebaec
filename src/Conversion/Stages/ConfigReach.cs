using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Matching;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Peft;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Stages;

/// <summary>Which module paths an adapter's config means, as its own dialect says it.</summary>
internal static class ConfigReach
{
    /// <summary>Whether the config means a module; no where it cannot be told.</summary>
    public static Func<string, bool> Of(AdapterDialect dialect, JsonObject config) => dialect == AdapterDialect.Mlx ? OfMlx(config) : OfPeft(config);

    // Without keys MLX's readers wrap every layer of the last num_layers; keys below a layer hold for all of these.
    private static Func<string, bool> OfMlx(JsonObject config)
    {
        var view = new MlxConfigView(config);
        if (view.Parameters["keys"] is null or JsonNull)
        {
            return _ => !view.IsUnsloth;
        }

        HashSet<string> keys = [.. view.Keys ?? []];
        return path => ModulePath.TryParse(path, out ModulePath parsed) && parsed.IsInLayer && keys.Contains(parsed.Relative);
    }

    private static Func<string, bool> OfPeft(JsonObject config)
    {
        PeftConfig parsed = PeftConfig.Parse(config, string.Empty).Value;
        if (!parsed.IsLora)
        {
            return _ => false;
        }

        var matcher = new Lazy<PeftTargetMatcher>(() => new PeftTargetMatcher(parsed, new RegexBudget()));
        return path =>
        {
            try
            {
                return matcher.Value.Match(path) == PeftTargetVerdict.Targeted;
            }
            catch (PythonRegexException)
            {
                // What is wrong with a pattern is told where it decides something.
                return false;
            }
        };
    }
}
