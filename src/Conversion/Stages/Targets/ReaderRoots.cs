using Transfuse.Conversion.Models.Architectures;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Stages.Targets;

/// <summary>The layers' path of one architecture in each MLX reader of a target.</summary>
internal static class ReaderRoots
{
    private const string Swift = "mlx-swift";
    private const string Vlm = "mlx-vlm";

    /// <summary>Whether the target has a reader other than mlx-lm, so that paths can differ.</summary>
    public static bool CanDiffer(TargetProfile profile) => profile.Roots.Any(name => name is Swift or Vlm);

    /// <summary>Whether mlx-swift-lm is among the readers.</summary>
    public static bool HasSwift(TargetProfile profile) => profile.Roots.Contains(Swift);

    /// <summary>Whether mlx-swift-lm is the only reader.</summary>
    public static bool IsSwift(TargetProfile profile) => profile.Roots is [Swift];

    /// <summary>Each reader's name and the layers' path in it; <see langword="null"/> where it does not have the model.</summary>
    public static IReadOnlyList<(string Reader, string? Root)> Of(Architecture architecture, TargetProfile profile) =>
        [.. profile.Roots.Select(name => (name == Swift ? "mlx-swift-lm" : name, Root(architecture, name)))];

    /// <summary>The one path that all readers have in common, or <see langword="null"/> with an error in the log.</summary>
    public static string? Common(Architecture architecture, TargetProfile profile, FindingLog log)
    {
        IReadOnlyList<(string Reader, string? Root)> roots = Of(architecture, profile);
        foreach ((string reader, _) in roots.Where(root => root.Root is null))
        {
            log.Add(TargetCodes.ModelUnsupported.At(architecture.ModelType, $"{reader} does not have this model"));
        }

        string[] distinct = [.. roots.Select(root => root.Root ?? architecture.Layers.Mlx).Distinct(StringComparer.Ordinal)];
        if (distinct is [string only])
        {
            return only;
        }

        log.Add(TargetCodes.NoCommonForm.At(
            profile.Name, $"the layers of {architecture} are at {string.Join(", ", roots.Select(root => $"{root.Root ?? architecture.Layers.Mlx} in {root.Reader}"))}: write one folder for each"));
        return null;
    }

    private static string? Root(Architecture architecture, string name) => name switch
    {
        Swift => architecture.Swift?.Llm ?? architecture.Swift?.Vlm,
        Vlm => architecture.Layers.MlxVlm,
        _ => architecture.Layers.Mlx,
    };
}
