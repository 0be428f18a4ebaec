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
/// <param name="Architecture">The base's architecture, where it is known.</param>
/// <param name="Findings">Everything that was found.</param>
public sealed record Inspection(string Name, AdapterDialect? Dialect, Adapter? Adapter, Architecture? Architecture, ImmutableArray<Finding> Findings);
