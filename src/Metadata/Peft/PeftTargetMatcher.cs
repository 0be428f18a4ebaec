using System.Collections.Frozen;
using Transfuse.Metadata.Matching;

namespace Transfuse.Metadata.Peft;

/// <summary>
/// Tells which modules a config adapts, as PEFT 0.21 does (<c>check_target_module_exists</c>; the order of checks is its own).
/// Paths are those of the Hugging Face model without <c>base_model.model.</c>. Safe for concurrent use.
/// </summary>
internal sealed class PeftTargetMatcher
{
    private readonly PeftModuleSelector _target;
    private readonly Func<string, bool> _isTarget;
    private readonly FrozenSet<string> _targetPaths;
    private readonly Func<string, bool> _isExcluded;
    private readonly PeftSavedNames _saved;
    private readonly Func<string, bool> _isParameter;
    private readonly PeftLayerFilter? _layers;

    /// <summary>Prepares the patterns of a config.</summary>
    /// <param name="config">The config.</param>
    /// <param name="budget">The time that all patterns of the adapter share.</param>
    /// <param name="rule">How layers are counted; <see cref="RuleOf"/> tells for a version.</param>
    /// <exception cref="PythonRegexException">A pattern cannot be used.</exception>
    public PeftTargetMatcher(PeftConfig config, RegexBudget budget, PeftLayerRule rule = PeftLayerRule.FirstIndex)
    {
        _target = config.TargetModules;
        _targetPaths = _target.Items.ToFrozenSet(StringComparer.Ordinal);
        _isTarget = Predicate(_target, budget);
        _isExcluded = Predicate(config.ExcludeModules, budget);
        _saved = new PeftSavedNames(config.ModulesToSave, budget);
        _isParameter = new PeftSuffixList(config.TargetParameters ?? []).Matches;
        _layers = config.LayersToTransform is { } layers ? new PeftLayerFilter(layers, config.LayersPattern, rule, budget) : null;
    }

    /// <summary>How the PEFT of a version counts layers; development versions of 0.19 may do either.</summary>
    public static PeftLayerRule RuleOf(PeftVersion? version) =>
        version is null || version.IsAtLeast(0, 20) ? PeftLayerRule.FirstIndex : PeftLayerRule.LastIndex;

    /// <summary>What PEFT does with a module.</summary>
    /// <param name="path">The module's path.</param>
    /// <exception cref="PythonRegexException">A pattern takes too long, or the path is beyond what its translation covers.</exception>
    public PeftTargetVerdict Match(string path)
    {
        if (_isExcluded(path))
        {
            return PeftTargetVerdict.Excluded;
        }

        if (_saved.Matches(path))
        {
            return PeftTargetVerdict.Saved;
        }

        if (_target.Kind is PeftModuleSelectorKind.AllLinear or PeftModuleSelectorKind.ModelDefault)
        {
            return PeftTargetVerdict.DependsOnModel;
        }

        if (!_isTarget(path))
        {
            return PeftTargetVerdict.NotTargeted;
        }

        // A path that the list names in full is adapted whatever its layer; so is one that a pattern names, which PEFT forbids beside layers.
        return _layers is null || _target.Kind != PeftModuleSelectorKind.List || _targetPaths.Contains(path) || _layers.Allows(path)
            ? PeftTargetVerdict.Targeted
            : PeftTargetVerdict.OutsideLayers;
    }

    /// <summary>Whether <c>target_parameters</c> names a parameter, in full or from after a dot; <c>.base_layer</c> in its path does not count.</summary>
    /// <param name="path">The parameter's path, such as <c>model.layers.0.mlp.experts.gate_up_proj</c>.</param>
    public bool MatchesParameter(string path) => _isParameter(path.Replace(".base_layer", string.Empty, StringComparison.Ordinal));

    private static Func<string, bool> Predicate(PeftModuleSelector selector, RegexBudget budget) => selector.Kind switch
    {
        PeftModuleSelectorKind.Pattern => PythonRegex.Compile(selector.Pattern, budget).IsFullMatch,
        PeftModuleSelectorKind.List => new PeftSuffixList(selector.Items).Matches,
        _ => static _ => false,
    };
}
