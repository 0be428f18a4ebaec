using System.Collections.Immutable;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Pipeline;

/// <summary>What came of reading an adapter.</summary>
/// <param name="Findings">Everything that was found, errors first.</param>
/// <param name="Dialect">The dialect that it came in; <see langword="null"/> where it was refused.</param>
/// <param name="Adapter">The adapter, whose tensors can be read until its source is disposed; <see langword="null"/> where an error stands against it.</param>
/// <seealso cref="Transfuse.Conversion.Pipeline.AdapterReader" />
public sealed record AdapterReading(ImmutableArray<Finding> Findings, AdapterDialect? Dialect, Adapter? Adapter);
