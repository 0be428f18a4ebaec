using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Stages;

namespace Transfuse.Conversion.Repair.Peft;

/// <summary>Repairs PEFT folders.</summary>
internal static class PeftRepair
{
    /// <summary>The repaired folder, or <see langword="null"/> with an error in the log.</summary>
    public static RepairPlan? Plan(AdapterContent content, StageContext context) => null;
}
