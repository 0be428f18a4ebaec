using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Inference;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Fit.Mapping;

/// <summary>Finds the architecture: named by the caller, by the base's config, or told by the module paths themselves.</summary>
internal static class ModelTypeResolver
{
    private const int MostNamed = 6;

    /// <summary>The map, or <see langword="null"/> with an error in the log.</summary>
    /// <param name="candidates">The model types that accept the adapter's modules.</param>
    /// <param name="run">The run.</param>
    public static ArchitectureMap? Resolve(Func<ImmutableArray<ModelTypeCandidate>> candidates, Run run)
    {
        string? named = run.Options.ModelType ?? run.Base?.Config.ModelType;
        if (named is not null)
        {
            return ArchitectureTable.Default.Find(named) is { } architecture ? Map(architecture, run) : Unknown(named, run);
        }

        if (run.Base is not null)
        {
            run.Log.Add(ArchitectureCodes.UnknownModelType.At(run.Base.Folder, "config.json has no model_type"));
            return null;
        }

        return FromCandidates(candidates(), run);
    }

    private static ArchitectureMap? FromCandidates(ImmutableArray<ModelTypeCandidate> candidates, Run run)
    {
        if (candidates.IsEmpty)
        {
            run.Log.Add(ArchitectureCodes.UnknownModelType.At(
                "modules", "no known architecture has modules of these names; give --model-type, or --model-type identity to keep all names"));
            return null;
        }

        if (candidates is [{ NeedsBaseConfig: false } only])
        {
            return Map(Find(only), run);
        }

        // Plain decoder layers have the same names in most models. The few that rename or rescale them are named, so that a person can object.
        ModelTypeCandidate? plain =
            candidates.FirstOrDefault(candidate => candidate.ModelTypes.Any(name => ArchitectureTable.Default.Find(name)!.Class == ArchitectureClass.Identity));
        if (plain is null || plain.ModelTypes.Length <= candidates.Where(candidate => candidate != plain).Sum(candidate => candidate.ModelTypes.Length))
        {
            run.Log.Add(ArchitectureCodes.AmbiguousModelType.At(
                "modules", $"fit {Names(candidates.SelectMany(candidate => candidate.ModelTypes))}, which map them differently; give --base or --model-type"));
            return null;
        }

        run.Log.Add(ArchitectureCodes.NamesKept.At(
            "modules", $"no base was given; names were kept, as in {Names(plain.ModelTypes)}. They would not be in "
            + $"{Names(candidates.Where(candidate => candidate != plain).SelectMany(candidate => candidate.ModelTypes))}"));
        return Map(Find(plain), run);
    }

    private static Architecture Find(ModelTypeCandidate candidate) =>
        candidate.ModelTypes.Select(name => ArchitectureTable.Default.Find(name)!).OrderBy(architecture => architecture.Class != ArchitectureClass.Identity)
            .First();

    private static ArchitectureMap Map(Architecture architecture, Run run)
    {
        bool allowed = run.Log.IsAllowed(ArchitectureCodes.LowConfidence);
        if (allowed && architecture.Confidence == Confidence.Low)
        {
            run.Log.Add(ArchitectureCodes.LowConfidence.At(architecture.ModelType, "the names of this architecture were not confirmed against both programs"));
        }

        return new ArchitectureMap(architecture, run.Base?.Config, allowed);
    }

    private static ArchitectureMap? Unknown(string modelType, Run run)
    {
        run.Log.Add(ArchitectureCodes.UnknownModelType.At(modelType, "is not in the table of architectures; --model-type identity keeps all names"));
        return null;
    }

    private static string Names(IEnumerable<string> names) => NameList.Of(names.Distinct(StringComparer.Ordinal), MostNamed);
}
