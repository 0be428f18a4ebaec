using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Architectures.Rules;

namespace Transfuse.Conversion.Models.Architectures.Weights;

/// <summary>A tensor's name, taken apart.</summary>
/// <param name="Address">The module, or the packed parameter itself; <see langword="null"/> where the table does not say what lies there.</param>
/// <param name="Suffix">What the MLX name ends with, such as <c>.weight</c>.</param>
/// <param name="IsWeight">Whether it is a weight, not a bias or something else.</param>
internal sealed record TensorName(ModuleAddress? Address, string Suffix, bool IsWeight)
{
    private const string PackedBias = "_bias";

    public static TensorName Parse(Architecture architecture, string name)
    {
        if (HfPaths.Resolve(architecture, name) is { Layer: not null } whole)
        {
            if (IsPacked(architecture, whole))
            {
                return new TensorName(whole, ".weight", true);
            }

            ModuleAddress parameter = whole with { Path = whole.Path.EndsWith(PackedBias, StringComparison.Ordinal) ? whole.Path[..^PackedBias.Length] : "" };
            if (IsPacked(architecture, parameter))
            {
                return new TensorName(parameter, ".bias", false);
            }
        }

        int point = name.LastIndexOf('.');
        string suffix = point < 0 ? "" : name[point..];
        ModuleAddress? address = suffix.Length == 0 ? null : HfPaths.Resolve(architecture, name[..point]);
        return new TensorName(address, suffix, suffix == ".weight");
    }

    private static bool IsPacked(Architecture architecture, ModuleAddress address) =>
        architecture.Rules.Any(rule => rule is PackedRule or ExpertRowsRule && RuleLookup.Matches(rule.Source, address));
}
