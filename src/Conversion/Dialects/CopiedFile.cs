using Transfuse.Conversion.Sources;

namespace Transfuse.Conversion.Dialects;

/// <summary>A file of the source that goes to the output as it is.</summary>
/// <param name="Source">Where it is.</param>
/// <param name="SourceName">Its name there.</param>
/// <param name="Name">Its name in the output.</param>
internal sealed record CopiedFile(IAdapterSource Source, string SourceName, string Name)
{
    /// <summary>Whether it only lies beside the adapter: what an existing output has of the same name stays then.</summary>
    public bool IsBeside { get; init; }
}
