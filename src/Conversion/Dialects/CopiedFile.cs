using Transfuse.Conversion.Sources;

namespace Transfuse.Conversion.Dialects;

/// <summary>A file of the source that goes to the output as it is.</summary>
/// <param name="Source">Where it is.</param>
/// <param name="SourceName">Its name there.</param>
/// <param name="Name">Its name in the output.</param>
internal sealed record CopiedFile(IAdapterSource Source, string SourceName, string Name);
