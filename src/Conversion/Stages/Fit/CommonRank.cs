using System.Collections.Immutable;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Fit;

/// <summary>Gives all modules one rank, the largest, by padding both factors with zeros: bit-exact, and without effect on the explicit scale.</summary>
internal static class CommonRank
{
    /// <summary>The modules with one rank; unchanged, with an error in the log, where the zeros would be beyond the limit.</summary>
    public static ImmutableArray<AdapterModule> Apply(ImmutableArray<AdapterModule> modules, Run run)
    {
        int rank = modules.Max(module => module.Rank);
        double after = modules.Sum(module => ((double)module.A.ByteLength + module.B.ByteLength) / module.Rank * rank);
        return GrowthLimit.Allows(GrowthLimit.BytesOf(modules), after, $"{modules.Length} modules, rank {rank}", run)
            ? [.. modules.Select(module => module.Rank == rank ? module : Pad(module, rank, run.Log))]
            : modules;
    }

    public static AdapterModule Pad(AdapterModule module, int rank)
    {
        int rankAxisOfA = module.Kind == ModuleKind.Experts ? 1 : 0;
        return module with
        {
            A = module.A.PadWithZeros(rankAxisOfA, rank),
            B = module.B.PadWithZeros(rankAxisOfA + 1, rank),
            Rank = rank,
        };
    }

    private static AdapterModule Pad(AdapterModule module, int rank, FindingLog log)
    {
        log.Add(TensorCodes.RankPadded.At(module.SourcePath, $"rank {module.Rank} was padded to {rank}"));
        return Pad(module, rank);
    }
}
