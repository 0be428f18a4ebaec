using System.Collections.Immutable;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Fit.Mapping;

/// <summary>
/// Applies factors that a base model folds into a weight: the rows of B, and of a DoRA magnitude, get the same ones. Computed and stored in float32.
/// </summary>
internal static class RowScaling
{
    public static AdapterModule? Multiply(AdapterModule module, ImmutableArray<RowScale> scales, Run run) => Apply(module, scales, factor => factor, run);

    public static AdapterModule? Divide(AdapterModule module, ImmutableArray<RowScale> scales, Run run) => Apply(module, scales, factor => 1 / factor, run);

    private static AdapterModule? Apply(AdapterModule module, ImmutableArray<RowScale> scales, Func<double, double> operation, Run run)
    {
        if (scales.All(scale => scale.Factor == 1))
        {
            return module;
        }

        long rows = module.B.Shape[RowParts.RowAxis(module.B)];
        long stated = scales.Sum(scale => scale.Rows ?? rows);
        if (stated != rows)
        {
            run.Log.Add(ArchitectureCodes.DimensionMismatch.At(module.SourcePath, $"lora_B has {rows} output rows, but the base's factors are for {stated}"));
            return null;
        }

        if (scales.Select(scale => FoldRange.Problem(module.B, operation(scale.Factor), run.CancellationToken))
            .FirstOrDefault(problem => problem is not null) is { } found)
        {
            run.Log.Add(ArchitectureCodes.BadScale.At(module.SourcePath, $"the base multiplies this weight, but {found}"));
            return null;
        }

        float[] factors = [.. scales.SelectMany(scale => Enumerable.Repeat((float)operation(scale.Factor), (int)(scale.Rows ?? rows)))];
        run.Log.Add(TensorCodes.ScaleFolded.At(module.SourcePath,
            $"the base multiplies this weight by {string.Join(", ", scales.Select(scale => $"{scale.Factor:R}"))}; lora_B follows, in float32"));
        return module with
        {
            B = module.B.ScaleRows(factors),
            Magnitude = module.Magnitude?.Reshape(new TensorShape(rows, 1)).ScaleRows([.. factors.Select(MathF.Abs)]).Reshape(new TensorShape(rows)),
        };
    }
}
