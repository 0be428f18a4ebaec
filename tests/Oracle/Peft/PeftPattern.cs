using System.Text.Json;
using System.Text.RegularExpressions;

namespace Transfuse.Oracle;

/// <summary>PEFT 0.21's matching of module names (tuners_utils.check_target_module_exists, utils.other.get_pattern_key).</summary>
public static class PeftPattern
{
    /// <summary>The value of the first pattern that matches the end of the name at a dot, in the file's order; else the default.</summary>
    public static double Lookup(JsonElement? patterns, string name, double otherwise)
    {
        if (patterns is { ValueKind: JsonValueKind.Object } map)
        {
            foreach (JsonProperty entry in map.EnumerateObject())
            {
                if (Matches($"(?:(?:.*\\.)?({entry.Name})$)", name))
                {
                    return entry.Value.GetDouble();
                }
            }
        }

        return otherwise;
    }

    /// <summary>True where the config targets the module.</summary>
    public static bool Targets(JsonElement config, string module)
    {
        JsonElement? exclude = config.Get("exclude_modules");
        if (exclude is { ValueKind: JsonValueKind.String } pattern && FullMatch(pattern.GetString()!, module))
        {
            return false;
        }

        if (config.GetStrings("exclude_modules") is { } excluded && excluded.Any(e => EndsAtDot(module, e)))
        {
            return false;
        }

        if (config.GetStrings("modules_to_save") is { } saved && saved.Any(m => Matches($"(?:(?:^|.*\\.){m}(?:$|\\..*))", module)))
        {
            return false;
        }

        if (config.GetText("target_modules") is { } expression)
        {
            return FullMatch(expression, module);
        }

        IReadOnlyList<string> targets = config.GetStrings("target_modules") ?? [];
        return targets.Contains(module)
            || (targets.Any(t => module.EndsWith("." + t, StringComparison.Ordinal)) && IsInChosenLayer(config, module));
    }

    /// <summary>True where the name is the item or ends with it after a dot.</summary>
    public static bool EndsAtDot(string name, string item) =>
        name == item || name.EndsWith("." + item, StringComparison.Ordinal);

    private static bool IsInChosenLayer(JsonElement config, string module)
    {
        if (config.Get("layers_to_transform") is not { } layers)
        {
            return true;
        }

        long[] chosen = layers.ValueKind == JsonValueKind.Array ? [.. layers.EnumerateArray().Select(l => l.GetInt64())] : [layers.GetInt64()];
        if (chosen.Length == 0)
        {
            return true;
        }

        List<string> names = [.. config.GetStrings("layers_pattern") ?? (config.GetText("layers_pattern") is { Length: > 0 } one ? [one] : [])];
        IEnumerable<string> expressions = names.Count == 0
            ? [@".*?\.[^.]*\.(\d+)\."]
            : names.Select(n => $@".*?\.{n}\.(\d+)\.");
        foreach (string expression in expressions)
        {
            Match match = Regex.Match(module, @"\A(?:" + expression + ")");
            if (match.Success)
            {
                return chosen.Contains(long.Parse(match.Groups[1].Value));
            }
        }

        return false;
    }

    private static bool FullMatch(string pattern, string name) => Regex.IsMatch(name, @"\A(?:" + pattern + @")\z");

    // Python's re.match: anchored at the start only.
    private static bool Matches(string pattern, string name) => Regex.IsMatch(name, @"\A" + pattern);
}
