using System.Collections.Immutable;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Fit.Mapping;

/// <summary>Stacks the adapters of single experts into one module. Experts that the adapter lacks become zeros; ranks are padded, scales made one.</summary>
internal static class ExpertStack
{
    /// <summary>Stacks.</summary>
    /// <param name="path">The stacked module.</param>
    /// <param name="experts">The experts by index; at least one.</param>
    /// <param name="count">Number of experts of the model.</param>
    /// <param name="run">The run.</param>
    /// <returns>The module, or <see langword="null"/> with a finding.</returns>
    public static AdapterModule? Stack(ModulePath path, IReadOnlyDictionary<int, AdapterModule> experts, int count, Run run)
    {
        AdapterModule first = experts.OrderBy(expert => expert.Key).First().Value;
        AdapterModule? odd = experts.Values.FirstOrDefault(expert => expert.InputSize != first.InputSize || expert.OutputSize != first.OutputSize);
        if (odd is not null)
        {
            run.Log.Add(ArchitectureCodes.DimensionMismatch.At(
                odd.SourcePath, $"maps {odd.InputSize} to {odd.OutputSize}, but {first.SourcePath} maps {first.InputSize} to {first.OutputSize}"));
            return null;
        }

        if (experts.Values.FirstOrDefault(expert => expert.Magnitude is not null) is { } dora)
        {
            run.Log.Add(TargetCodes.DoraUnsupported.At(dora.SourcePath, "MLX has no DoRA for stacked experts"));
            return null;
        }

        if (experts.Count < count)
        {
            run.Log.Add(TensorCodes.ExpertsFilled.At(path.Text, $"{count - experts.Count} of {count} experts are not adapted and were filled with zeros"));
        }

        ImmutableArray<AdapterModule> ranked = CommonRank.Apply([.. experts.OrderBy(expert => expert.Key).Select(expert => expert.Value)], run);
        if (ranked.Any(expert => expert.Rank != ranked[0].Rank))
        {
            return null;
        }

        ImmutableArray<AdapterModule> alike = CommonScale.Apply(ranked, run.Log, run.CancellationToken);
        Dictionary<int, AdapterModule> byIndex = experts.Keys.Order().Zip(alike).ToDictionary(pair => pair.First, pair => pair.Second);
        return first with
        {
            SourcePath = path.Text,
            Path = path,
            Kind = ModuleKind.Experts,
            A = StackFactor(byIndex, count, module => module.A),
            B = StackFactor(byIndex, count, module => module.B),
            Rank = alike[0].Rank,
            Scale = alike[0].Scale,
        };
    }

    private static LazyTensor StackFactor(Dictionary<int, AdapterModule> experts, int count, Func<AdapterModule, LazyTensor> factor)
    {
        DType dtype = RankFusion.Widest(experts.Values.Select(module => factor(module).DType));
        LazyTensor zeros = LazyTensorOperations.Zeros(dtype, factor(experts.Values.First()).Shape);
        return LazyTensorOperations.Stack(
            [.. Enumerable.Range(0, count).Select(index => experts.TryGetValue(index, out AdapterModule? module) ? factor(module).Cast(dtype) : zeros)]);
    }
}
