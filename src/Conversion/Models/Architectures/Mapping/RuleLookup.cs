using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures.Rules;

namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>Finds rules and adaptable modules by path.</summary>
internal static class RuleLookup
{
    /// <summary>The rules for a Hugging Face path, in the order of the table.</summary>
    public static ImmutableArray<Rule> FromSource(Architecture architecture, ModuleAddress address) =>
        [.. architecture.Rules.Where(rule => Matches(rule.Source, address))];

    /// <summary>The rules that lead to an MLX path.</summary>
    public static ImmutableArray<Rule> ToTarget(Architecture architecture, ModuleAddress address) =>
        [.. architecture.Rules.Where(rule => rule.Targets.Any(target => Matches(target.Path, address)))];

    /// <summary>The kind of an MLX module inside the layers, or <see langword="null"/> where it cannot be adapted.</summary>
    public static TargetKind? KindOf(Architecture architecture, string path) =>
        architecture.Keys.FirstOrDefault(key => key.Path.TryMatch(path, out _))?.Kind;

    /// <summary>Why an MLX module inside the layers cannot be adapted, or <see langword="null"/> where the table does not know it.</summary>
    public static string? RefusalOf(Architecture architecture, string path) =>
        architecture.Refused.FirstOrDefault(item => new PathPattern(item.Key).TryMatch(path, out _)).Value;

    /// <summary>Whether a pattern stands for an address.</summary>
    public static bool Matches(PathPattern pattern, ModuleAddress address) =>
        pattern.InLayer == address.Layer is not null && pattern.TryMatch(address.Path, out _);
}
