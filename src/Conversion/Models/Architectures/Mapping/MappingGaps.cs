using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>What is said of <see cref="MappingGap"/>.</summary>
internal static class MappingGaps
{
    /// <summary>The finding about a path.</summary>
    public static Finding At(this MappingGap gap, string path, string message) => CodeOf(gap).At(path, message);

    /// <summary>Whether the model has nothing at the path.</summary>
    public static bool IsAbsent(this MappingGap gap) => gap is MappingGap.UnknownModule or MappingGap.LayerOutOfRange or MappingGap.ExpertOutOfRange;

    private static FindingCode CodeOf(MappingGap gap) => gap switch
    {
        MappingGap.UnknownModule => ArchitectureCodes.UnknownModule,
        MappingGap.LayerOutOfRange => ArchitectureCodes.LayerOutOfRange,
        MappingGap.ExpertOutOfRange => ArchitectureCodes.ExpertMismatch,
        MappingGap.CannotAdapt => ArchitectureCodes.CannotAdapt,
        MappingGap.WithoutEffect => ArchitectureCodes.WithoutEffect,
        MappingGap.TiedHead => ArchitectureCodes.TiedHead,
        MappingGap.NoCounterpart => ArchitectureCodes.NoHuggingFaceCounterpart,
        MappingGap.Ambiguous => ArchitectureCodes.AmbiguousParameter,
        MappingGap.NeedsBaseConfig => ArchitectureCodes.NeedsBaseConfig,
        MappingGap.BadScale => ArchitectureCodes.BadScale,
        _ => throw new ArgumentOutOfRangeException(nameof(gap), gap, "Of a whole model, or of no gap, nothing is said."),
    };
}
