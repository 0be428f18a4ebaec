using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Stages.Enrich;

/// <summary>A folder that is about to be written, as its reader will find it.</summary>
/// <param name="output">The files.</param>
internal sealed class WrittenSource(OutputFolder output) : IAdapterSource, ITensorSource
{
    public string Name => "output";

    public ImmutableArray<string> FileNames { get; } =
        [.. output.Copies.Select(copy => copy.Name).Concat(output.Config is null ? [] : [AdapterFiles.Config]).Append(output.WeightsFile)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    public ImmutableArray<string> NestedAdapters => [];

    public IByteSource Open(string fileName)
    {
        if (fileName == AdapterFiles.Config && output.Config is { } config)
        {
            return new MemoryByteSource(fileName, PythonJson.Write(config, output.ConfigStyle));
        }

        CopiedFile copy = output.Copies.First(copy => copy.Name == fileName);
        return copy.Source.Open(copy.SourceName);
    }

    public ITensorContainer? FindTensors(string fileName) => fileName == output.WeightsFile ? new OutputContainer(output) : null;

    public IAdapterSource OpenNested(string folderName) => throw new InvalidOperationException("An output holds one adapter.");

    public void Dispose()
    {
    }
}
