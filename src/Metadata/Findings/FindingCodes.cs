using System.Collections.Immutable;

namespace Transfuse.Metadata.Findings;

/// <summary>All finding codes.</summary>
/// <example>
/// <code>
/// foreach (FindingCode code in FindingCodes.All)
/// {
///     Console.WriteLine($"{code.Id} {code.Severity}: {code.Cause}");
/// }
/// </code>
/// </example>
public static class FindingCodes
{
    private static readonly Lazy<ImmutableArray<FindingCode>> Catalogue = new(() => [.. Blocks().OrderBy(code => code.Id, StringComparer.Ordinal)]);

    /// <summary>Every code, ordered by id.</summary>
    public static ImmutableArray<FindingCode> All => Catalogue.Value;

    /// <summary>The code of an id, or <see langword="null"/>.</summary>
    public static FindingCode? Find(string id) => All.FirstOrDefault(code => code.Id == id);

    private static IEnumerable<FindingCode> Blocks() =>
    [
        .. ContainerCodes.All,
        .. TensorCodes.All,
        .. MethodCodes.All,
        .. ConfigCodes.All,
        .. MlxConfigCodes.All,
        .. ArchitectureCodes.All,
        .. TargetCodes.All,
        .. CheckCodes.All,
        .. FusionCodes.All,
        .. ApplyCodes.All,
        .. BatchCodes.All,
        .. HubCodes.All,
    ];
}
