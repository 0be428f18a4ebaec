using System.Collections.Immutable;

namespace Transfuse.Conversion.Models.Steps;

/// <summary>What a list of steps does as a whole.</summary>
internal static class ModuleSteps
{
    /// <summary>Which expert of a stack it leads to; <see langword="null"/> where to all or where there are none.</summary>
    public static int? Expert(this ImmutableArray<ModuleStep> steps) => steps.OfType<ModuleStep.StackExpert>().FirstOrDefault()?.Expert;

    /// <summary>The rows that are taken.</summary>
    public static RowSelection Rows(this ImmutableArray<ModuleStep> steps) => steps.OfType<ModuleStep.SelectRows>().FirstOrDefault()?.Rows ?? RowSelection.All;

    /// <summary>Whether the matrix is turned around.</summary>
    public static bool IsTransposed(this ImmutableArray<ModuleStep> steps) => steps.Any(step => step is ModuleStep.Transpose);

    /// <summary>The factors of the rows; empty for none.</summary>
    public static ImmutableArray<RowScale> Scale(this ImmutableArray<ModuleStep> steps) => steps.OfType<ModuleStep.ScaleRows>().FirstOrDefault()?.Scale ?? [];
}
