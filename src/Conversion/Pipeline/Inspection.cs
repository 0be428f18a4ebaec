using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Pipeline;

/// <summary>What an adapter is.</summary>
/// <param name="Name">Its folder.</param>
/// <param name="Dialect">Its dialect, where it could be told.</param>
/// <param name="Adapter">The adapter, where it could be read. Its tensors cannot be read any more.</param>
/// <param name="ModelType">The model type of its base, such as <c>llama</c>, where it is known.</param>
/// <param name="Findings">Everything that was found.</param>
/// <seealso cref="Transfuse.Conversion.Pipeline.AdapterInspector" />
public sealed record Inspection(string Name, AdapterDialect? Dialect, Adapter? Adapter, string? ModelType, ImmutableArray<Finding> Findings)
{
    internal Architecture? Architecture => ModelType is null ? null : ArchitectureTable.Default.Find(ModelType);
}
