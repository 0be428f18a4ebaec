using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures.Rules;

namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>
/// Finds the parameter behind a key of PEFT's ParamWrapper. PEFT nests one wrapper per adapted parameter of a module, in
/// the order in which the module registers them, the first innermost: <c>experts.base_layer.lora_A</c> is the first of two.
/// </summary>
internal static class PackedKeys
{
    private const string BaseLayer = ".base_layer";

    /// <summary>
    /// The parameters, as full paths, that a key can stand for: none where the module holds no packed parameters, several
    /// where it cannot be told.
    /// </summary>
    /// <param name="architecture">The entry.</param>
    /// <param name="modulePath">The module path of the key, with its <c>.base_layer</c> segments.</param>
    /// <param name="wrappers">How many pairs the adapter has for this module.</param>
    /// <param name="targetParameters">The adapter's <c>target_parameters</c>, or <see langword="null"/> where they are unknown.</param>
    public static ImmutableArray<string> Resolve(
        Architecture architecture, string modulePath, int wrappers, IReadOnlyCollection<string>? targetParameters)
    {
        string owner = modulePath;
        int depth = 0;
        for (; owner.EndsWith(BaseLayer, StringComparison.Ordinal); depth++)
        {
            owner = owner[..^BaseLayer.Length];
        }

        ImmutableArray<string> registered = Registered(architecture, owner);
        ImmutableArray<string> targeted = targetParameters is null
            ? registered
            : [.. registered.Where(parameter => targetParameters.Any(target => IsSuffix(target, parameter)))];
        int position = wrappers - 1 - depth;
        int choices = targeted.Length - wrappers;
        return position >= 0 && choices >= 0 ? [.. targeted.Skip(position).Take(choices + 1)] : [];
    }

    /// <summary>The packed parameters of a module in the order of registration, as full paths; empty where it has none.</summary>
    public static ImmutableArray<string> Registered(Architecture architecture, string owner)
    {
        if (HfPaths.Resolve(architecture, owner) is not { Layer: not null } address)
        {
            return [];
        }

        string root = owner[..^address.Path.Length];
        return
        [
            .. architecture.Rules
                .Where(rule => rule is PackedRule or ExpertRowsRule && rule.Source.Parent == address.Path)
                .Select(rule => root + rule.Source.Path)
                .Distinct(),
        ];
    }

    private static bool IsSuffix(string target, string parameter) =>
        parameter == target || parameter.EndsWith("." + target, StringComparison.Ordinal);
}
