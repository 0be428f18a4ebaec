using System.Collections.Immutable;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>
/// Tells which parameters of a module the nested factors belong to: names in the file say only how deep they are nested.
/// The first parameter in the order in which the module registers them is innermost (PEFT 0.21, <c>ParamWrapper</c>).
/// </summary>
internal static class PeftParameterTargets
{
    // The order in which transformers 5 registers the parameters of its expert modules; w1, v1 and w2 are DBRX's.
    private static readonly string[] RegistrationOrder = ["weight", "gate_up_proj", "w1", "v1", "w2", "up_proj", "down_proj"];

    /// <summary>The order of registration; parameters whose order is not known come last, by name.</summary>
    public static IComparer<string> Order { get; } = Comparer<string>.Create((left, right) =>
        Place(left) != Place(right) ? Place(left).CompareTo(Place(right)) : string.CompareOrdinal(left, right));

    /// <summary>
    /// The parameters of a module that the config targets and the file has factors of, innermost first; empty where it cannot be told. PEFT writes items
    /// without a module (<c>all-linear</c> under transformers 5: <c>gate_up_proj</c>, <c>down_proj</c>), and wraps with them only the modules that have such a
    /// parameter.
    /// </summary>
    /// <param name="modulePath">The module.</param>
    /// <param name="targets"><c>target_parameters</c>.</param>
    /// <param name="depths">How many different depths the module has in the file: as many parameters of it were wrapped.</param>
    public static ImmutableArray<string> Wrapped(string modulePath, PeftParameterIndex targets, int depths)
    {
        ImmutableArray<string>[] readings = [targets.Of(modulePath, withBare: true), targets.Of(modulePath, withBare: false)];
        ImmutableArray<string> wrapped = readings.FirstOrDefault(parameters => parameters.Length == depths && depths <= PeftParameterIndex.MostParameters, []);
        return [.. wrapped.Order(Order)];
    }

    /// <summary>The parameter that factors at a nesting depth belong to, or <see langword="null"/> with a finding.</summary>
    /// <param name="modulePath">The module.</param>
    /// <param name="nesting">Depth of the factors in question.</param>
    /// <param name="depths">How many different depths the module has in the file.</param>
    /// <param name="targets"><c>target_parameters</c>.</param>
    /// <param name="log">Receives findings.</param>
    public static string? Resolve(string modulePath, int nesting, int depths, PeftParameterIndex targets, FindingLog log)
    {
        if (Wrapped(modulePath, targets, depths) is { IsEmpty: false } parameters)
        {
            return parameters[depths - 1 - nesting];
        }

        ImmutableArray<string> candidates = [.. targets.Of(modulePath, withBare: true).Order(Order)];
        string names = candidates.IsEmpty ? "none" : NameList.Of(candidates, most: 8);
        log.Add(TensorCodes.ParametersUnclear.At(modulePath, $"the file has factors of {depths} parameters, but target_parameters names {names}"));
        return null;
    }

    /// <summary>Whether a path is that of experts which transformers 5 packs into parameters, whose factors name no parameter.</summary>
    public static bool IsExperts(string path) => path.EndsWith(".experts", StringComparison.Ordinal);

    private static int Place(string parameter) => Array.IndexOf(RegistrationOrder, parameter) is var place && place >= 0 ? place : int.MaxValue;
}
