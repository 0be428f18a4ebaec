using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.TorchCheckpoint;

namespace Transfuse.Conversion.Dialects;

/// <summary>An adapter's opened files.</summary>
/// <param name="Source">The files.</param>
/// <param name="Name">What to call it in messages: its folder.</param>
/// <param name="WeightsFile">Name of the weights file.</param>
/// <param name="Weights">The open weights file.</param>
/// <param name="Config">The config, or <see langword="null"/> where there is none.</param>
internal sealed record AdapterContent(IAdapterSource Source, string Name, string WeightsFile, ITensorContainer Weights, JsonObject? Config)
{
    /// <summary>Whether the config begins with a byte order mark, at which Python's <c>json.load</c> fails.</summary>
    public bool HasByteOrderMark { get; init; }

    /// <summary>Whether the tensors lie below a key of what was saved, where no loader looks.</summary>
    public bool IsNested => Weights is TorchCheckpointFile { Nested: not null };
}
