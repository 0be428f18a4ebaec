using System.Collections.Immutable;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Fit.Mapping;

/// <summary>
/// Takes a module of an adapter along the steps of the weight that it adapts, and back. What needs other modules is left to who has them: single experts are
/// stacked, the packed ones unpacked, and the rows of partners joined before or after.
/// </summary>
internal static class StepsOnModule
{
    /// <summary>The module at the end of the steps, or <see langword="null"/> with a finding.</summary>
    public static AdapterModule? Apply(AdapterModule module, ImmutableArray<ModuleStep> steps, Run run)
    {
        AdapterModule? result = module;
        foreach (ModuleStep step in steps)
        {
            result = result is null ? null : step switch
            {
                ModuleStep.SelectRows select => RowParts.Select(result, select.Rows),
                ModuleStep.Transpose => Turn(result, run),
                ModuleStep.ScaleRows scale => RowScaling.Multiply(result, scale.Scale, run),
                ModuleStep.Pack or ModuleStep.StackExpert => result,
                _ => throw ModuleStep.IsUnknown(step),
            };
        }

        return result;
    }

    /// <summary>The module at the beginning of the steps, or <see langword="null"/> with a finding.</summary>
    public static AdapterModule? Undo(AdapterModule module, ImmutableArray<ModuleStep> steps, Run run)
    {
        AdapterModule? result = module;
        foreach (ModuleStep step in steps.Reverse())
        {
            result = result is null ? null : step switch
            {
                ModuleStep.ScaleRows scale => RowScaling.Divide(result, scale.Scale, run),
                ModuleStep.Transpose => result with { A = result.B.Transpose(), B = result.A.Transpose() },
                ModuleStep.Pack or ModuleStep.StackExpert or ModuleStep.SelectRows => result,
                _ => throw ModuleStep.IsUnknown(step),
            };
        }

        return result;
    }

    private static AdapterModule? Turn(AdapterModule module, Run run)
    {
        if (module.Magnitude is null)
        {
            return module with { A = module.B.Transpose(), B = module.A.Transpose() };
        }

        run.Log.Add(TargetCodes.DoraUnsupported.At(module.SourcePath, "MLX keeps this weight transposed, so that DoRA's rows are columns there"));
        return null;
    }
}
