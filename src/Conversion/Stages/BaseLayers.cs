using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Stages.Mapping;

namespace Transfuse.Conversion.Stages;

/// <summary>Finds the number of layers of the base that the caller gave.</summary>
internal static class BaseLayers
{
    // The spelling of most models; those in the table of architectures have their own.
    private const string CommonField = "num_hidden_layers";

    /// <summary>The number, or <see langword="null"/> where there is no base or its config does not say.</summary>
    public static int? Of(StageContext context)
    {
        if (context.Base?.Config is not { } config)
        {
            return null;
        }

        Architecture? architecture = context.Options.ModelType is null or ModelTypeResolver.Identity ? config.Architecture : context.NamedArchitecture;
        return (architecture is null ? config.GetInteger(CommonField) : config.LayerCount(architecture)) is { } count and > 0 and < int.MaxValue ? (int)count : null;
    }
}
