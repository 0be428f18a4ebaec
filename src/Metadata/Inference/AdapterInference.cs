using System.Collections.Immutable;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Metadata.Inference;

/// <summary>
/// Infers the metadata of an MLX adapter from its layers. Only modules that an explicit topology lists count; nothing is borrowed from others, and nothing is
/// guessed.
/// </summary>
internal static class AdapterInference
{
    /// <summary>Infers.</summary>
    /// <param name="modules">All LoRA layers of the model, or of the file.</param>
    /// <param name="topology">Which of them the adapter has, as its metadata says.</param>
    public static InferredAdapter Infer(IReadOnlyCollection<ModuleEvidence> modules, MlxTopology topology)
    {
        ModuleEvidence[] counted = [.. modules.Where(module => topology.Counts(module.Path))];
        ModuleEvidence[] valid = [.. counted.Where(module => RankOf(module) > 0)];
        HashSet<string> present = [.. modules.Select(module => module.Path)];
        return new InferredAdapter
        {
            Rank = Single(valid.Select(module => (long?)RankOf(module))),
            Scale = ScaleInference.Common(valid.Select(module => ScaleInference.OfLayer(module.Scale))),
            Dropout = Single(valid.Select(module => (double?)DropoutInference.OfLayer(module.KeepProbability, module.Dropout))),
            Kind = FineTuneInference.Infer(valid.Select(module => module.HasMagnitude)),
            Keys = [.. valid.Select(module => module.Path)],
            Contradictory = [.. counted.Where(module => (module.A ?? module.B) is not null && RankOf(module) == 0).Select(module => module.Path)],
            Missing = [.. topology.Paths.Where(path => !present.Contains(path))],
            Unlisted = [.. modules.Where(module => !topology.Counts(module.Path)).Select(module => module.Path)],
        };
    }

    private static long RankOf(ModuleEvidence module) => RankInference.Infer(module.A, module.B, module.IsLayerBacked).Rank;

    private static T? Single<T>(IEnumerable<T?> values)
        where T : struct => values.Distinct().ToImmutableArray() is [var only] ? only : null;
}
