using System.Collections.Immutable;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Batch.Discovery;

/// <summary>What was found.</summary>
/// <param name="Inputs">The adapters, each once, in the order of the paths given and ordinal within one glob.</param>
/// <param name="Findings">What was met and left out: checkpoints, and folders whose adapter is not written yet.</param>
/// <param name="IsSingle">Whether one path was given that is no glob: its output is the output folder itself.</param>
/// <seealso cref="Transfuse.Conversion.Batch.Discovery.InputDiscovery" />
public sealed record DiscoveredInputs(ImmutableArray<BatchInput> Inputs, ImmutableArray<Finding> Findings, bool IsSingle);
