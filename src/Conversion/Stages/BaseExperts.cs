
namespace Transfuse.Conversion.Stages;

/// <summary>Finds the number of experts of the base that the caller gave.</summary>
internal static class BaseExperts
{
    /// <summary>The number, or <see langword="null"/> where there is no base, its architecture is not known, or it has none.</summary>
    public static long? Of(StageContext context) =>
        context.NamedArchitecture is { } architecture ? context.Base?.Config.ExpertCount(architecture) : null;
}
