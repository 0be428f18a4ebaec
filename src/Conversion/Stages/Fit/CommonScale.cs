using System.Collections.Immutable;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Fit;

/// <summary>
/// Gives all modules one scale: the one that most of them have, so that most stay untouched. The others' ratio is multiplied into B.
/// A power of two that neither over- nor underflows keeps the dtype and is exact; any other ratio is multiplied in float32 and stored as float32.
/// </summary>
internal static class CommonScale
{
    public static ImmutableArray<AdapterModule> Apply(ImmutableArray<AdapterModule> modules, FindingLog log, CancellationToken cancellationToken)
    {
        double common = Choose(modules);
        return [.. modules.Select(
            module => (float)module.Scale == (float)common ? module with { Scale = common } : Fold(module, common, log, cancellationToken))];
    }

    /// <summary>The commonest non-zero scale, equal as float32; of equally common ones the largest. Zero where there is no other.</summary>
    internal static double Choose(ImmutableArray<AdapterModule> modules) =>
        modules.Where(module => (float)module.Scale != 0)
            .GroupBy(module => (float)module.Scale)
            .OrderByDescending(group => group.Count()).ThenByDescending(group => Math.Abs(group.Key)).ThenByDescending(group => group.Key)
            .Select(group => group.First().Scale).FirstOrDefault();

    private static AdapterModule Fold(AdapterModule module, double common, FindingLog log, CancellationToken cancellationToken)
    {
        // Runtimes multiply by float32: that is the ratio that counts.
        double ratio = (double)(float)module.Scale / (float)common;
        int exponent = ratio == 0 ? 0 : Math.ILogB(ratio);
        bool exact = ratio == Math.ScaleB(1, exponent) && module.B.DType != DType.F64
            && TensorProbe.ScalesExactly(module.B, exponent, cancellationToken);
        if (!exact && FoldRange.Problem(module.B, ratio, cancellationToken) is { } problem)
        {
            log.Add(TensorCodes.ScaleOutOfRange.At(
                module.SourcePath, FormattableString.Invariant($"scale {module.Scale:R} cannot become {common:R} by way of lora_B: {problem}")));
            return module;
        }

        log.Add((exact ? TensorCodes.ScaleFoldedExactly : TensorCodes.ScaleFolded)
            .At(module.SourcePath, FormattableString.Invariant($"scale {module.Scale:R} became {common:R}; lora_B was multiplied by {ratio:R}")));
        LazyTensor folded = exact ? module.B.ScaleByPowerOfTwo(exponent) : module.B.Scale((float)ratio);
        return module with { B = folded, Scale = common };
    }
}
