using Transfuse.Conversion.Architectures;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Stages.Mapping;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Stages;

/// <summary>Gathers what a writer needs to know besides the adapter.</summary>
internal static class WriteContexts
{
    public static WriteContext For(ReadResult read, Adapter fitted, StageContext context) =>
        new(context.Profile, LayerCount(fitted, context), null, read.Dialect == context.Profile.Dialect);

    private static int? LayerCount(Adapter adapter, StageContext context)
    {
        string? modelType = context.Options.ModelType is null or ModelTypeResolver.Identity ? context.Base?.Config.ModelType : context.Options.ModelType;
        long? count = modelType is not null && ArchitectureTable.Default.Find(modelType) is { } architecture ? context.Base?.Config.LayerCount(architecture) : null;
        return count is > 0 and < int.MaxValue ? (int)count : adapter.LayerCount;
    }
}
