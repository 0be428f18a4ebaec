using System.Collections.Immutable;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages;

/// <summary>
/// Gives all modules one scale: the one that most of them have, so that most stay untouched. The others' ratio is multiplied into B.
/// A power of two that neither over- nor underflows keeps the dtype and is exact; any other ratio is multiplied in float32 and stored as float32.
/// </summary>
internal static class CommonScale
{
    public static ImmutableArray<AdapterModule> Apply(ImmutableArray<AdapterModule> modules, FindingLog log, CancellationToken cancellationToken)
    {
        double common = Choose(modules);
        return [.. modules.Select(module => (float)module.Scale == (float)common ? module with { Scale = common } : Fold(module, common, log, cancellationToken))];
    }

    /// <summary>The commonest non-zero scale, equal as float32; of equally common ones the largest. Zero where there is no other.</summary>
    internal static double Choose(ImmutableArray<AdapterModule> modules) =>
        modules.Where(module => (float)module.Scale != 0)
            .GroupBy(module => (float)module.Scale)
            .OrderByDescending(group => group.Count()).ThenByDescending(group => Math.Abs(group.Key)).ThenByDescending(group => group.Key)
            .Select(group => group.First().Scale).FirstOrDefault();

    private static AdapterModule Fold(AdapterModule module, double common, FindingLog log, CancellationToken cancellationToken)
    {
        double ratio = module.Scale / common;
        int exponent = Math.ILogB(ratio);
        bool exact = ratio == Math.ScaleB(1, exponent) && module.B.DType != DType.F64
            && TensorProbe.ScalesExactly(module.B, exponent, cancellationToken);
        log.Add((exact ? TensorCodes.ScaleFoldedExactly : TensorCodes.ScaleFolded)
            .At(module.SourcePath, $"scale {module.Scale:R} became {common:R}; lora_B was multiplied by {ratio:R}"));
        LazyTensor folded = exact ? module.B.ScaleByPowerOfTwo(exponent) : module.B.Scale((float)ratio);
        return module with { B = folded, Scale = common };
    }
}
