using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Dialects;

/// <summary>The files that a dialect writes for an adapter: its config and its tensors.</summary>
/// <param name="Config">The config; <see langword="null"/> where the dialect has none.</param>
/// <param name="ConfigStyle">How the program of that dialect lays its JSON out.</param>
/// <param name="WeightsFile">Name of the weights file.</param>
/// <param name="Tensors">The tensors under their names.</param>
/// <param name="Metadata">The weights file's metadata.</param>
internal sealed record OutputFolder(
    JsonObject? Config, PythonJsonStyle ConfigStyle, string WeightsFile, ImmutableArray<NamedTensor> Tensors, IReadOnlyDictionary<string, string>? Metadata)
{
    /// <summary>Files that are copied byte for byte; the weights file is among them where nothing in it changes.</summary>
    public ImmutableArray<CopiedFile> Copies { get; init; } = [];

    /// <summary>The config's bytes where they are not those of its style; empty where no config is written.</summary>
    public ReadOnlyMemory<byte>? ConfigText { get; init; }

    /// <summary>Whether tensors are written. Default: yes, unless the weights file is copied.</summary>
    public bool WritesWeights { get; init; } = true;

    /// <summary>Whether the weights file is written from its tensors, and not copied or left alone.</summary>
    public bool HasNewWeights => WritesWeights && Copies.All(copy => copy.Name != WeightsFile);
}
