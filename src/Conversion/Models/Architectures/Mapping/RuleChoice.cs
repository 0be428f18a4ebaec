using Transfuse.Conversion.Models.Architectures.Rules;
using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>The first of several rules whose condition holds.</summary>
/// <param name="Rule">The rule, or <see langword="null"/> where none holds.</param>
/// <param name="IsUndecided">Whether a condition could not be evaluated before one held.</param>
/// <param name="Missing">The fields that this condition waits for.</param>
internal readonly record struct RuleChoice(Rule? Rule, bool IsUndecided, IEnumerable<string> Missing)
{
    /// <summary>Chooses.</summary>
    public static RuleChoice Of(IEnumerable<Rule> rules, BaseConfig? config, int? layer)
    {
        foreach (Rule rule in rules)
        {
            switch (rule.Holds(config, layer))
            {
                case true:
                    return new RuleChoice(rule, false, []);
                case null:
                    return new RuleChoice(null, true, rule.When!.Fields);
                default:
                    continue;
            }
        }

        return new RuleChoice(null, false, []);
    }
}
