using System.Collections.Immutable;
using Transfuse.Apply.Fusing.Models;
using Transfuse.Apply.Fusing.Placing;
using Transfuse.Conversion.Repair.Editing;
using Transfuse.Conversion.Sinks;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;

namespace Transfuse.Apply.Fusing.Writing;

/// <summary>Writes the merged model's folder.</summary>
internal sealed class ModelWriter(ModelFolder folder, ImmutableArray<OutputShard> shards, JsonObject? config, FusionOptions options)
{
    private const int DefaultIndent = 2;

    /// <summary>Writes all files, and gives the loss of each planned weight. The caller commits.</summary>
    /// <param name="output">The folder.</param>
    /// <param name="done">Told how many bytes of weights are done each time.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public ImmutableArray<(PlannedWeight Weight, WeightLoss Loss)> Write(AtomicFolder output, Action<long> done, CancellationToken cancellationToken)
    {
        WriteConfig(output);
        WriteIndex(output);
        foreach (string file in folder.SideFiles)
        {
            Copy(file, output, cancellationToken);
        }

        var losses = ImmutableArray.CreateBuilder<(PlannedWeight Weight, WeightLoss Loss)>();
        foreach (OutputShard shard in shards)
        {
            using FileByteSink sink = output.CreateFile(shard.Source.FileName);
            losses.AddRange(new ShardWriter(shard).Write(sink, options.Reading.MaxDegreeOfParallelism, done, cancellationToken));
        }

        return losses.ToImmutable();
    }

    private void WriteConfig(AtomicFolder output)
    {
        byte[] text = File.ReadAllBytes(Path.Combine(folder.Model.Folder, ModelFolder.ConfigFile));
        output.WriteAllBytes(ModelFolder.ConfigFile, config is null ? text : ConfigLayout.Of(text, DefaultIndent).Write(config));
    }

    private void WriteIndex(AtomicFolder output)
    {
        if (folder.Index is not { } index)
        {
            return;
        }

        byte[] text = File.ReadAllBytes(Path.Combine(folder.Model.Folder, ModelFolder.IndexFile));
        KeyValuePair<string, JsonValue>[] map =
        [
            .. shards.SelectMany(
                shard => shard.Tensors.Select(tensor => new KeyValuePair<string, JsonValue>(tensor.Name, new JsonString(shard.Source.FileName))))
                .OrderBy(entry => entry.Key, StringComparer.Ordinal),
        ];
        bool isSame = map.Length == folder.Names.Count
            && map.All(entry => folder.Find(entry.Key) is not null)
            && shards.Sum(shard => shard.ByteLength) == folder.Shards.Sum(shard => shard.File.Tensors.Sum(tensor => tensor.Tensor.ByteLength));
        output.WriteAllBytes(ModelFolder.IndexFile, isSame ? text : ConfigLayout.Of(text, DefaultIndent).Write(Changed(index, map)));
    }

    private JsonObject Changed(JsonObject index, KeyValuePair<string, JsonValue>[] map) => new(index.Members.Select(member => member switch
    {
        { Key: "weight_map" } => new KeyValuePair<string, JsonValue>(member.Key, new JsonObject(map)),
        { Key: "metadata", Value: JsonObject metadata } => new(member.Key, new JsonObject(metadata.Members.Select(Total))),
        _ => member,
    }));

    private KeyValuePair<string, JsonValue> Total(KeyValuePair<string, JsonValue> member) => member.Key == "total_size"
        ? new(member.Key, JsonNumber.Of(shards.Sum(shard => shard.ByteLength)))
        : member;

    private void Copy(string file, AtomicFolder output, CancellationToken cancellationToken)
    {
        using var source = new FileByteSource(Path.Combine(folder.Model.Folder, file));
        using FileByteSink target = output.CreateFile(file);
        ByteCopy.Copy(source, target, cancellationToken);
    }
}
