using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Repair.Mlx;
using Transfuse.Conversion.Repair.Peft;
using Transfuse.Conversion.Stages;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Repair;

/// <summary>How folders of one dialect are mended.</summary>
/// <param name="Dialect">The dialect.</param>
/// <param name="Plan">The repaired folder, or <see langword="null"/> with an error in the log.</param>
internal sealed record Mending(AdapterDialect Dialect, Func<AdapterContent, Dialect, Run, RepairPlan?> Plan)
{
    private static readonly ImmutableArray<Mending> All = [new(AdapterDialect.Peft, PeftRepair.Plan), new(AdapterDialect.Mlx, MlxRepair.Plan)];

    /// <summary>That of a dialect.</summary>
    public static Mending Of(Dialect dialect) => All.First(mending => mending.Dialect == dialect.Id);
}
