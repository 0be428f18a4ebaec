using System.Collections.Immutable;
using System.Text;
using Transfuse.Conversion.Models.Architectures.Mapping;

namespace Transfuse.Conversion.Models.Architectures.Inference;

/// <summary>Which model types an adapter can belong to, judged by its module paths alone. Entries of low confidence do not take part.</summary>
internal static class ModelTypeInference
{
    /// <summary>The candidates for paths as PEFT writes them. One candidate that needs no configuration is unambiguous.</summary>
    /// <param name="paths">Module paths without <c>base_model.model.</c>; packed parameters by their module path or full path.</param>
    public static ImmutableArray<ModelTypeCandidate> FromHuggingFace(IReadOnlyCollection<string> paths) =>
        Group(map => Describe(paths, path => Describe(map, path)));

    /// <summary>The candidates for paths of an MLX adapter.</summary>
    /// <param name="paths">Full module paths.</param>
    /// <param name="layout">Which Hugging Face names are wanted.</param>
    public static ImmutableArray<ModelTypeCandidate> FromMlx(IReadOnlyCollection<string> paths, HfLayout layout) =>
        Group(map => Describe(paths, path => Describe(map.MapToHuggingFace(path, layout))));

    private static ImmutableArray<ModelTypeCandidate> Group(Func<ArchitectureMap, Description?> describe) =>
    [
        .. ArchitectureTable.Default.All
            .Select(architecture => (architecture.ModelType, Description: describe(new ArchitectureMap(architecture))))
            .Where(item => item.Description is not null)
            .GroupBy(item => item.Description!)
            .Select(group => new ModelTypeCandidate([.. group.Select(item => item.ModelType)], group.Key.NeedsBaseConfig)),
    ];

    private static Description? Describe(IReadOnlyCollection<string> paths, Func<string, (string? Text, bool NeedsBaseConfig)> describe)
    {
        StringBuilder text = new();
        bool needsConfig = false;
        foreach (string path in paths.DistinctBy(WithoutNumbers))
        {
            (string? line, bool needs) = describe(path);
            if (line is null)
            {
                return null;
            }

            needsConfig |= needs;
            text.Append(line).Append('\n');
        }

        return paths.Count == 0 ? null : new Description(text.ToString(), needsConfig);
    }

    /// <summary>Layers and experts of one model are named alike, so that one of each suffices.</summary>
    private static string WithoutNumbers(string path) =>
        string.Join('.', path.Split('.').Select(segment => PathPattern.TryParseIndex(segment, out _) ? "0" : segment));

    private static (string? Text, bool NeedsBaseConfig) Describe(ArchitectureMap map, string path)
    {
        MlxMapping mapping = map.MapToMlx(path);
        return mapping.Gap == MappingGap.Ambiguous
            ? (string.Join(';', map.PackedParametersOf(path, 1, null).Select(parameter => Describe(map, parameter).Text)), false)
            : Outcome(
                mapping.Gap,
                string.Join(' ', mapping.Targets.Select(target => $"{target.Path} {target.Expert} {target.Rows} {target.Kind}")));
    }

    private static (string? Text, bool NeedsBaseConfig) Describe(HfMapping mapping) =>
        Outcome(mapping.Gap, $"{mapping.Path} {mapping.Form} {mapping.Rows} {string.Join(' ', mapping.Partners)}");

    /// <summary>Refusals that a base model or the caller could lift are outcomes of their own; others rule the model type out.</summary>
    private static (string? Text, bool NeedsBaseConfig) Outcome(MappingGap gap, string mapped) => gap switch
    {
        MappingGap.None => (mapped, false),
        MappingGap.NeedsBaseConfig => (gap.ToString(), true),
        MappingGap.CannotAdapt or MappingGap.TiedHead or MappingGap.WithoutEffect or MappingGap.NoCounterpart => (gap.ToString(), false),
        _ => (null, false),
    };

    private sealed record Description(string Text, bool NeedsBaseConfig);
}
