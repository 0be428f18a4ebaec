using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Stages.Targets;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Stages;

/// <summary>Gathers what a writer needs to know besides the adapter.</summary>
internal static class WriteContexts
{
    public static WriteContext For(ReadResult read, Adapter fitted, StageContext context) =>
        new(context.Profile, BaseLayers.Of(context) ?? fitted.LayerCount, KeysBelow(context), read.Dialect == context.Profile.Dialect);

    private static string? KeysBelow(StageContext context) =>
        ReaderRoots.HasSwift(context.Profile) && context.NamedArchitecture is { } architecture ? SwiftLimits.KeysBelow(architecture) : null;
}
