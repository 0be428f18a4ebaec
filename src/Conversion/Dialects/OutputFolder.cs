using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Dialects;

/// <summary>The files that a dialect writes for an adapter: its config and its tensors.</summary>
/// <param name="Config">The config.</param>
/// <param name="ConfigStyle">How the program of that dialect lays its JSON out.</param>
/// <param name="WeightsFile">Name of the weights file.</param>
/// <param name="Tensors">The tensors under their names.</param>
/// <param name="Metadata">The weights file's metadata.</param>
internal sealed record OutputFolder(
    JsonObject Config, PythonJsonStyle ConfigStyle, string WeightsFile, ImmutableArray<NamedTensor> Tensors, IReadOnlyDictionary<string, string>? Metadata);
