using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Matching;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Readers.Peft;

/// <summary>
/// What PEFT does with values of rank and alpha that are no usual ones (PEFT 0.21, <c>update_layer</c>): an entry of a pattern counts only for modules that it
/// matches;
/// NaN and infinity multiply, 0 makes a module that does nothing, and what is no number raises.
/// </summary>
internal sealed class PeftScaleRules
{
    private enum Value
    {
        Raises,
        Usual,
        Zero,
        NotFinite,
        Boolean,
    }

    private readonly CheckContext _context;
    private readonly PeftPatternMatcher _kinds;

    /// <param name="context">The check.</param>
    /// <param name="config">The config that PEFT works with; its source tells the values as they stand.</param>
    /// <param name="budget">The time for patterns.</param>
    public PeftScaleRules(CheckContext context, PeftConfig config, RegexBudget budget)
    {
        _context = context;
        Value alpha = config.Source["lora_alpha"] is { } stated ? AlphaKind(stated) : Value.Usual;
        _kinds = new PeftPatternMatcher(
            config with
            {
                Rank = (int)Value.Usual,
                Alpha = (double)alpha,
                RankPattern = Kinds(config.Source["rank_pattern"], config.RankPattern.Select(entry => entry.Key), RankKind, Value.Usual, kind => (int)kind),
                AlphaPattern = Kinds(config.Source["alpha_pattern"], config.AlphaPattern.Select(entry => entry.Key), AlphaKind, alpha, kind => (double)kind),
            },
            budget);
    }

    /// <summary>Whether a finding about a field is left to this class, which knows the modules that a value reaches.</summary>
    /// <param name="place">The field.</param>
    public static bool Judges(ConfigPlace place) => place is { Field: "rank_pattern" or "alpha_pattern", Entry: not null };

    /// <summary>Reports what modules get a value that is not a usual one.</summary>
    /// <param name="paths">The modules and parameters that are adapted.</param>
    /// <exception cref="PythonRegexException">A pattern cannot be used.</exception>
    public void Check(IReadOnlyCollection<string> paths)
    {
        (string Path, Value Rank, Value Alpha)[] modules =
            [.. paths.Select(path => (path, Kind: _kinds.Load(path))).Select(item => (item.path, (Value)item.Kind.Rank, (Value)(int)item.Kind.Alpha))];
        Report(CheckCodes.FieldRefused, "rank_pattern", [.. modules.Where(module => module.Rank == Value.Raises).Select(module => module.Path)],
            "TypeError or ValueError: gives a rank that is no positive integer to");
        Report(CheckCodes.FieldRefused, "lora_alpha or alpha_pattern", Having(Value.Raises), "TypeError: gives an alpha that is no number to");
        Report(CheckCodes.ScaleMisread, "lora_alpha or alpha_pattern", Having(Value.NotFinite), "is not finite, so that NaN or infinity is computed, for");
        Report(CheckCodes.ValueMisread, "alpha_pattern", Having(Value.Boolean), "is true or false, which Python multiplies by as 1 or 0, for");
        Report(CheckCodes.NoEffect, "lora_alpha or alpha_pattern", Having(Value.Zero), "is 0, so that nothing is added, for");

        string[] Having(Value value) => [.. modules.Where(module => module.Alpha == value).Select(module => module.Path)];
    }

    private void Report(FindingCode code, string field, string[] paths, string message)
    {
        if (paths is not [])
        {
            _context.Report(code, field, $"{message} {NameList.Of(paths, most: 3)}");
        }
    }

    // Entries that the config's reader left out keep their place; those that PEFT itself added follow.
    private static ImmutableArray<KeyValuePair<string, T>> Kinds<T>(
        JsonValue? pattern, IEnumerable<string> keys, Func<JsonValue, Value> kindOf, Value added, Func<Value, T> toValue)
    {
        Dictionary<string, Value> stated =
            (pattern as JsonObject)?.Members.ToDictionary(member => member.Key, member => kindOf(member.Value), StringComparer.Ordinal) ?? [];
        return
        [
            .. stated.Select(entry => KeyValuePair.Create(entry.Key, toValue(entry.Value))),
            .. keys.Where(key => !stated.ContainsKey(key)).Select(key => KeyValuePair.Create(key, toValue(added))),
        ];
    }

    private static Value RankKind(JsonValue value) =>
        value is JsonNumber number && PythonNumbers.Integer(number) is > 0 and <= int.MaxValue ? Value.Usual : Value.Raises;

    private static Value AlphaKind(JsonValue value) => value switch
    {
        JsonBoolean => Value.Boolean,
        JsonNumber number when !float.IsFinite((float)number.Value) => Value.NotFinite,
        JsonNumber number when (float)number.Value == 0 => Value.Zero,
        JsonNumber => Value.Usual,
        _ => Value.Raises,
    };
}
