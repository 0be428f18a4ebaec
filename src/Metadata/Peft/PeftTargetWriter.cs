using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Matching;

namespace Transfuse.Metadata.Peft;

/// <summary>Finds the shortest <c>target_modules</c> that names exactly the modules of an adapter.</summary>
public static class PeftTargetWriter
{
    /// <summary>
    /// A list: the last name of modules where every module of the model with that last name is in the adapter, else whole paths. Where a whole path would also name
    /// another module of the model, a pattern. The result was checked by matching it with all modules.
    /// </summary>
    /// <param name="adapter">The paths of the adapter's modules.</param>
    /// <param name="universe">The paths of all modules of the model, of any kind; <see langword="null"/> where they are not known, which gives whole paths.</param>
    /// <exception cref="ArgumentException">A path holds a line feed or another character that no pattern can tell apart.</exception>
    public static JsonValue Minimize(IReadOnlyCollection<string> adapter, IReadOnlyCollection<string>? universe)
    {
        var wanted = adapter.ToHashSet(StringComparer.Ordinal);
        string[] others = [.. (universe ?? []).Where(path => !wanted.Contains(path)).Distinct()];
        var taken = others.Select(LeafOf).ToHashSet(StringComparer.Ordinal);
        ImmutableArray<string> items =
        [
            .. wanted.Select(path => universe is null || taken.Contains(LeafOf(path)) ? path : LeafOf(path)).Distinct().Order(StringComparer.Ordinal),
        ];
        if (NamesExactly(PeftModuleSelector.OfList(items), wanted, others))
        {
            return JsonArray.Of(items);
        }

        string pattern = string.Join('|', wanted.Order(StringComparer.Ordinal).Select(PythonRegex.Escape));
        return NamesExactly(PeftModuleSelector.OfPattern(pattern), wanted, others)
            ? new JsonString(pattern)
            : throw new ArgumentException("No pattern tells these paths apart.", nameof(adapter));
    }

    private static bool NamesExactly(PeftModuleSelector selector, HashSet<string> wanted, string[] others)
    {
        var config = new PeftConfig { FileName = string.Empty, Source = JsonObject.Empty, TargetModules = selector };
        try
        {
            var matcher = new PeftTargetMatcher(config, new RegexBudget(TimeSpan.FromSeconds(20)));
            return wanted.All(path => matcher.Match(path) == PeftTargetVerdict.Targeted)
                && Array.TrueForAll(others, path => matcher.Match(path) == PeftTargetVerdict.NotTargeted);
        }
        catch (PythonRegexException)
        {
            // A pattern beyond the limits is no answer either.
            return false;
        }
    }

    private static string LeafOf(string path) => path[(path.LastIndexOf('.') + 1)..];
}
