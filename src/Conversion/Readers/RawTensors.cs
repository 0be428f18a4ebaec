using System.Collections.Immutable;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Readers;

/// <summary>The tensors of a weights file under the names that they have there.</summary>
/// <param name="All">All of them.</param>
internal sealed record RawTensors(ImmutableArray<NamedTensor> All);
