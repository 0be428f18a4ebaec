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

    /// <summary>The parameters of a module that the config can target, innermost first; empty where it targets none.</summary>
    /// <param name="modulePath">The module.</param>
    /// <param name="targets"><c>target_parameters</c>: a hit if an item is the parameter's full path, or a suffix of it behind a dot.</param>
    public static ImmutableArray<string> Of(string modulePath, IEnumerable<string> targets) =>
    [
        .. targets.Select(target => Parameter(modulePath, target)).OfType<string>().Distinct(StringComparer.Ordinal)
            .Order(Order),
    ];

    /// <summary>
    /// The parameters of a module that the config targets and the file has factors of, innermost first; empty where it cannot be told. PEFT writes items without a
    /// module (<c>all-linear</c> under transformers 5: <c>gate_up_proj</c>, <c>down_proj</c>), and wraps with them only the modules that have such a parameter.
    /// </summary>
    /// <param name="modulePath">The module.</param>
    /// <param name="targets"><c>target_parameters</c>.</param>
    /// <param name="depths">How many different depths the module has in the file: as many parameters of it were wrapped.</param>
    public static ImmutableArray<string> Wrapped(string modulePath, IReadOnlyCollection<string> targets, int depths)
    {
        ImmutableArray<string> all = Of(modulePath, targets);
        ImmutableArray<string> named = Of(modulePath, targets.Where(NamesModule));
        return new[] { all, named }.FirstOrDefault(parameters => parameters.Length == depths, []);
    }

    /// <summary>The parameter that factors at a nesting depth belong to, or <see langword="null"/> with a finding.</summary>
    /// <param name="modulePath">The module.</param>
    /// <param name="nesting">Depth of the factors in question.</param>
    /// <param name="depths">How many different depths the module has in the file.</param>
    /// <param name="targets"><c>target_parameters</c>.</param>
    /// <param name="log">Receives findings.</param>
    public static string? Resolve(string modulePath, int nesting, int depths, IReadOnlyCollection<string> targets, FindingLog log)
    {
        if (Wrapped(modulePath, targets, depths) is { IsEmpty: false } parameters)
        {
            return parameters[depths - 1 - nesting];
        }

        ImmutableArray<string> candidates = Of(modulePath, targets);
        log.Add(TensorCodes.ParametersUnclear.At(
            modulePath, $"the file has factors of {depths} parameters, but target_parameters names {(candidates.IsEmpty ? "none" : string.Join(", ", candidates))}"));
        return null;
    }

    /// <summary>Whether a path is that of experts which transformers 5 packs into parameters, whose factors name no parameter.</summary>
    public static bool IsExperts(string path) => path.EndsWith(".experts", StringComparison.Ordinal);

    /// <summary>Whether an item says of which module the parameter is.</summary>
    public static bool NamesModule(string target) => target.Contains('.');

    private static int Place(string parameter) => Array.IndexOf(RegistrationOrder, parameter) is var place && place >= 0 ? place : int.MaxValue;

    private static string? Parameter(string modulePath, string target)
    {
        int dot = target.LastIndexOf('.');
        string parameter = target[(dot + 1)..];
        string owner = dot < 0 ? string.Empty : target[..dot];
        bool hit = owner.Length == 0 || modulePath == owner || modulePath.EndsWith("." + owner, StringComparison.Ordinal);
        return hit && parameter.Length > 0 ? parameter : null;
    }
}
