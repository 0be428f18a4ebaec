using System.Collections.Frozen;
using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Matching;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Readers.Peft;

/// <summary>
/// What PEFT does in memory to configs of mixture models under transformers 5 (PEFT 0.21, <c>_convert_peft_config_moe</c>): targets named like the experts' or
/// the router's old modules become targets of packed parameters, wherever they stand; rank and alpha of gate and up together are doubled.
/// </summary>
internal static class PeftMixture
{
    /// <summary>The config that PEFT works with, or <see langword="null"/> with an error.</summary>
    /// <exception cref="PythonRegexException">A pattern cannot be used.</exception>
    public static PeftConfig? Convert(CheckContext context, PeftConfig config, HfOutline? model)
    {
        FrozenDictionary<string, string> mapping = PeftMixtureNames.Of(model?.Architecture.PeftConversion);
        if (mapping.Count == 0 || Targets(config, model!, mapping) is not { } targets)
        {
            return config;
        }

        string[] moved = [.. targets.Select(ModulePath.LeafOf).Where(mapping.ContainsKey).Distinct()];
        string[] halves = [.. mapping.Where(item => item.Value == PeftMixtureNames.GateUp).Select(item => item.Key).Order(StringComparer.Ordinal)];
        string[] present = [.. halves.Where(moved.Contains)];
        if (present.Length == 1)
        {
            context.Report(CheckCodes.KeyRefused, "target_modules",
                $"ValueError: Cannot convert PEFT target(s) {present[0]} without also targeting {halves.Single(half => half != present[0])} because they are "
                + $"fused into {PeftMixtureNames.GateUp}");
            return null;
        }

        bool fused = present.Length == 2;
        // PEFT's dictionaries keep the place of a key that they have, and take the new value.
        return config with
        {
            TargetModules = PeftModuleSelector.OfList([.. targets.Where(target => !mapping.ContainsKey(ModulePath.LeafOf(target)))]),
            TargetParameters = [.. (config.TargetParameters ?? []).Concat(moved.Select(leaf => mapping[leaf])).Distinct()],
            RankPattern = fused ? With(config.RankPattern, 2 * config.Rank) : config.RankPattern,
            AlphaPattern = fused ? With(config.AlphaPattern, 2 * config.Alpha) : config.AlphaPattern,
        };
    }

    /// <summary>Whether PEFT makes patterns and targets anew for the model, so that null does in their place.</summary>
    public static bool Applies(PeftConfig config, HfOutline? model) =>
        PeftMixtureNames.Of(model?.Architecture.PeftConversion) is { Count: > 0 } mapping && Targets(config, model!, mapping) is not null;

    private static ImmutableArray<KeyValuePair<string, T>> With<T>(ImmutableArray<KeyValuePair<string, T>> pattern, T value)
    {
        const string Fused = @".*\.gate_up_proj";
        return pattern.Any(entry => entry.Key == Fused)
            ? [.. pattern.Select(entry => entry.Key == Fused ? KeyValuePair.Create(Fused, value) : entry)]
            : [.. pattern, KeyValuePair.Create(Fused, value)];
    }

    private static ImmutableArray<string>? Targets(PeftConfig config, HfOutline model, FrozenDictionary<string, string> mapping)
    {
        switch (config.TargetModules.Kind)
        {
            case PeftModuleSelectorKind.List:
                return config.TargetModules.Items;
            case PeftModuleSelectorKind.AllLinear:
                return [.. model.Modules.Where(module => module is { IsModule: true, IsEmbedding: false, IsHead: false })
                    .Select(module => ModulePath.LeafOf(module.Path)).Concat(mapping.Keys).Distinct()];
            case PeftModuleSelectorKind.Pattern:
                var pattern = PythonRegex.Compile(config.TargetModules.Pattern, config.Patterns);
                string[] matched =
                [
                    .. model.Modules.Select(module => module.Path).Where(pattern.IsFullMatch).Select(ModulePath.LeafOf),
                    .. model.Modules.Where(module => module.IsPacked)
                        .SelectMany(module => mapping.Where(item => item.Value == ModulePath.LeafOf(module.Path))
                            .Select(item => (Old: item.Key, Path: module.Path[..^ModulePath.LeafOf(module.Path).Length] + item.Key)))
                        .Where(item => pattern.IsFullMatch(item.Path)).Select(item => item.Old),
                ];
                return matched is [] ? null : [.. matched.Distinct()];
            default:
                // None counts as an empty list here, so that PEFT's defaults for the model type do not come in.
                return [];
        }
    }
}
