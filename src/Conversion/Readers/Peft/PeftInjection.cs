using System.Collections.Immutable;
using Transfuse.Conversion.Dialects.Peft;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Matching;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Readers.Peft;

/// <summary>Where PEFT makes adapters (PEFT 0.21, <c>inject_adapter</c>): the config decides, not the file.</summary>
internal sealed class PeftInjection
{
    private readonly PeftConfig _config;
    private readonly HfOutline? _model;
    private readonly PeftTargetMatcher _matcher;
    private readonly PeftParameterIndex _parameters;

    /// <exception cref="PythonRegexException">A pattern cannot be used.</exception>
    public PeftInjection(PeftConfig config, HfOutline? model, RegexBudget budget)
    {
        _config = config;
        _model = model;
        _matcher = new PeftTargetMatcher(config, budget);
        _parameters = new PeftParameterIndex(config.TargetParameters ?? []);
    }

    /// <summary>Whether a module gets an adapter; <see langword="null"/> where PEFT's table of defaults for model types decides.</summary>
    /// <param name="path">The module.</param>
    /// <param name="isLinear">Whether <c>all-linear</c> means it: neither the embeddings nor the output head.</param>
    public bool? Targets(string path, bool isLinear) => _matcher.Match(path) switch
    {
        PeftTargetVerdict.Targeted => true,
        PeftTargetVerdict.DependsOnModel when _config.TargetModules.Kind == PeftModuleSelectorKind.AllLinear => isLinear,
        PeftTargetVerdict.DependsOnModel => null,
        _ => false,
    };

    /// <summary>Whether a parameter gets an adapter.</summary>
    public bool TargetsParameter(string path) => _matcher.MatchesParameter(path);

    /// <summary>The layer that a pair goes to, or why there is none.</summary>
    public (PeftBinding? Binding, string Why) Bind(PeftModuleFactors pair)
    {
        if (_model?.LacksParameters(pair.Path) == true)
        {
            return (null, "the model has no such module");
        }

        ImmutableArray<string> parameters = PackedParameters(pair.Path);
        if (!parameters.IsEmpty || pair.Nesting > 0)
        {
            return parameters.IsEmpty && ModulePath.LeafOf(pair.Path) != "experts" && _model?.Find(pair.Path).Form is HfForm.Module
                ? (null, "its name has a base_layer too many for a module that is wrapped once")
                : BindPacked(pair, parameters);
        }

        HfSlot place = _model?.Find(pair.Path) ?? HfSlot.Unknown;
        if (place.IsAbsent)
        {
            return (null, "the model has no such module");
        }

        if (place.Form is not HfForm.Parameter
            && Targets(pair.Path, !pair.IsEmbedding && place.IsEmbedding != true && !pair.Path.EndsWith("lm_head", StringComparison.Ordinal)) is not false)
        {
            return (new PeftBinding(pair.Path, place, false, false, null), string.Empty);
        }

        string parameter = pair.Path + ".weight";
        if (TargetsParameter(parameter))
        {
            return (new PeftBinding(parameter, place, true, false, null), string.Empty);
        }

        return (null,
            place.Form == HfForm.Parameter ? "it is a module with a raw weight, which only target_parameters can name" : Describe(_matcher.Match(pair.Path)));
    }

    /// <summary>
    /// The parameters of a module that hold experts and are targeted, the innermost wrapper first; without a model those that the config names below it.
    /// </summary>
    private ImmutableArray<string> PackedParameters(string owner)
    {
        if (_model?.RegisteredParameters(owner) is { IsEmpty: false } registered)
        {
            return [.. registered.Where(TargetsParameter)];
        }

        // An item without a module names a parameter of those modules alone that have it: not of a target itself, nor of one whose weight is named.
        ImmutableArray<string> named = _parameters.Of(owner, withBare: false);
        bool isOther = named is ["weight"] || (named.IsEmpty && _matcher.Match(owner) == PeftTargetVerdict.Targeted);
        return (_model is not null && !_model.IsUndescribed(owner)) || isOther ? []
            : [.. _parameters.Of(owner, withBare: true).Where(parameter => parameter != "weight").Select(parameter => $"{owner}.{parameter}")];
    }

    private (PeftBinding? Binding, string Why) BindPacked(PeftModuleFactors pair, ImmutableArray<string> parameters)
    {
        // The outermost wrapper is that of the last parameter; each .base_layer goes one further in.
        int position = parameters.Length - 1 - pair.Nesting;
        if (position < 0)
        {
            return (null, parameters.IsEmpty ? "target_parameters names none of its parameters"
                : $"target_parameters names {parameters.Length} of its parameters, and it is meant for one further in");
        }

        // Without a model the order in which the module registers its parameters is not known.
        bool isOrderKnown = (_model is not null && !_model.IsUndescribed(pair.Path)) || parameters.Length == 1;
        PackedParameter? packed = isOrderKnown ? _model?.Packed(parameters[position]) : null;
        // A parameter that the model has and that holds no stack of experts is a matrix (DBRX).
        bool isMatrix = isOrderKnown && _model is not null && packed is null;
        return (new PeftBinding(
            parameters[position], HfSlot.Unknown, true, !isMatrix, packed) { Candidates = isOrderKnown ? [parameters[position]] : parameters }, string.Empty);
    }

    private static string Describe(PeftTargetVerdict verdict) => verdict switch
    {
        PeftTargetVerdict.Excluded => "exclude_modules names it",
        PeftTargetVerdict.Saved => "modules_to_save names it",
        PeftTargetVerdict.OutsideLayers => "layers_to_transform leaves out its layer",
        _ => "target_modules does not name it",
    };
}
