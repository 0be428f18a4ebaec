using System.Collections.Immutable;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Apply.Fusing.Models;

/// <summary>
/// A base model's folder: its weights in one file or in shards, with or without an index, and the files beside them. The shards must hold exactly what the
/// index says, because of a tensor that is missed or taken from a stale file nobody would hear.
/// </summary>
internal sealed class ModelFolder : IDisposable
{
    /// <summary>The index of several shards.</summary>
    public const string IndexFile = "model.safetensors.index.json";

    /// <summary>The model's config.</summary>
    public const string ConfigFile = "config.json";

    private const string SingleFile = "model.safetensors";
    private const string Extension = ".safetensors";

    // Weights in other containers, which would be those of the base beside a merged model.
    private static readonly string[] OtherWeights = [".bin", ".pt", ".pth", ".ckpt", ".gguf", ".ggml", ".h5", ".msgpack", ".onnx", ".npz", Extension];
    private static readonly string[] OtherIndices = [".bin.index.json", ".h5.index.json", ".msgpack.index.json"];

    private readonly Dictionary<string, (ModelShard Shard, LazyTensor Tensor)> _tensors;

    private ModelFolder(
        BaseModel model, JsonObject? index, ImmutableArray<ModelShard> shards, Dictionary<string, (ModelShard Shard, LazyTensor Tensor)> tensors)
    {
        Model = model;
        Index = index;
        Shards = shards;
        _tensors = tensors;
        string[] files = [.. Directory.EnumerateFiles(model.Folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
        HashSet<string> own = [.. shards.Select(shard => shard.FileName), IndexFile, ConfigFile];
        (string Name, string? Why)[] beside =
            [.. files.Where(file => !own.Contains(file) && !IsOtherWeights(file)).Select(file => (file, SideLink.WhyLeftOut(model.Folder, file)))];
        SideFiles = [.. beside.Where(file => file.Why is null).Select(file => file.Name)];
        Skipped = [.. beside.Where(file => file.Why is not null).Select(file => (file.Name, file.Why!))];
        LeftOut = [.. files.Where(file => !own.Contains(file) && IsOtherWeights(file))];
    }

    /// <summary>The folder and its config.</summary>
    public BaseModel Model { get; }

    /// <summary>The index, if there is one.</summary>
    public JsonObject? Index { get; }

    /// <summary>The weights files, by name.</summary>
    public ImmutableArray<ModelShard> Shards { get; }

    /// <summary>Names of the files that are neither weights nor config nor index: tokenizer, generation config, templates.</summary>
    public ImmutableArray<string> SideFiles { get; }

    /// <summary>Names of what lies beside the weights and is no file of the folder, such as a FIFO or a link out of it, and why it is not copied.</summary>
    public ImmutableArray<(string Name, string Why)> Skipped { get; }

    /// <summary>Names of weights files that are not this model's, or that hold its weights in another container.</summary>
    public ImmutableArray<string> LeftOut { get; }

    /// <summary>Names of all tensors.</summary>
    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>Opens a base, or gives <see langword="null"/> with an error in the log.</summary>
    public static ModelFolder? Open(BaseModel model, FindingLog log)
    {
        string indexPath = Path.Combine(model.Folder, IndexFile);
        JsonObject? index = null;
        if (File.Exists(indexPath))
        {
            try
            {
                index = PythonJson.ParseObject(File.ReadAllBytes(indexPath), indexPath);
            }
            catch (ContainerException broken)
            {
                log.Add(DamagedFile.Describe(broken));
                return null;
            }
        }

        if (WeightFiles(model.Folder, index, indexPath, log) is not { } names)
        {
            return null;
        }

        var shards = ImmutableArray.CreateBuilder<ModelShard>(names.Length);
        try
        {
            foreach (string name in names)
            {
                shards.Add(new ModelShard(name, SafetensorsFile.Open(Path.Combine(model.Folder, name))));
            }

            if (Collect(shards.ToImmutable(), index, indexPath, log) is { } tensors)
            {
                return new ModelFolder(model, index, shards.ToImmutable(), tensors);
            }
        }
        catch (ContainerException broken)
        {
            log.Add(DamagedFile.Describe(broken));
        }
        catch
        {
            Close(shards);
            throw;
        }

        Close(shards);
        return null;
    }

    /// <summary>A tensor, or <see langword="null"/>.</summary>
    public LazyTensor? Find(string name) => _tensors.TryGetValue(name, out (ModelShard Shard, LazyTensor Tensor) found) ? found.Tensor : null;

    /// <summary>The shard that holds a tensor.</summary>
    public ModelShard ShardOf(string name) => _tensors[name].Shard;

    /// <inheritdoc />
    public void Dispose() => Close(Shards);

    private static void Close(IEnumerable<ModelShard> shards)
    {
        foreach (ModelShard shard in shards)
        {
            shard.File.Dispose();
        }
    }

    private static string[]? WeightFiles(string folder, JsonObject? index, string indexPath, FindingLog log)
    {
        if (index is not null)
        {
            return Indexed(folder, index, indexPath, log);
        }

        // mlx-lm reads all model*.safetensors; transformers without an index model.safetensors alone.
        string[] present = [.. Directory.EnumerateFiles(folder, "model*" + Extension).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
        if (present.Contains(SingleFile))
        {
            return [SingleFile];
        }

        if (present is [])
        {
            log.Add(
                FusionCodes.BaseIncomplete.At(
                    folder,
                    $"has no {SingleFile}, no {IndexFile} and no "
+ $"shards{(Directory.EnumerateFiles(folder, "*.bin").Any() ? "; its .bin files are PyTorch's, which are to be saved as safetensors first" : string.Empty)}"));
            return null;
        }

        if (ShardName.MissingOf(present) is { } missing)
        {
            log.Add(FusionCodes.BaseIncomplete.At(folder, $"has no {missing}, by the names of the other shards"));
            return null;
        }

        return present;
    }

    private static string[]? Indexed(string folder, JsonObject index, string indexPath, FindingLog log)
    {
        if (index["weight_map"] is not JsonObject map || map.Members.IsEmpty || map.Members.Any(entry => entry.Value is not JsonString))
        {
            log.Add(FusionCodes.BaseIncomplete.At(indexPath, "has no weight_map from tensors to file names"));
            return null;
        }

        string[] names = [.. map.Members.Select(entry => ((JsonString)entry.Value).Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (names.FirstOrDefault(
            name => name.Length == 0 || name.AsSpan().IndexOfAny("/\\:\0") >= 0 || !name.EndsWith(Extension, StringComparison.Ordinal)) is { } odd)
        {
            log.Add(FusionCodes.BaseIncomplete.At(indexPath, $"names the file {QuotedName.Of(odd)}, which is no plain name of a safetensors file"));
            return null;
        }

        string[] missing = [.. names.Where(name => !File.Exists(Path.Combine(folder, name)))];
        if (missing is not [])
        {
            log.Add(FusionCodes.BaseIncomplete.At(indexPath, $"names {NameList.Of(missing, 3)}, which {(missing.Length == 1 ? "is" : "are")} not there"));
            return null;
        }

        return names;
    }

    private static Dictionary<string, (ModelShard Shard, LazyTensor Tensor)>? Collect(
        ImmutableArray<ModelShard> shards, JsonObject? index, string indexPath, FindingLog log)
    {
        var tensors = new Dictionary<string, (ModelShard Shard, LazyTensor Tensor)>(StringComparer.Ordinal);
        var map = index?["weight_map"] as JsonObject;
        var unlisted = new List<string>();
        foreach (ModelShard shard in shards)
        {
            foreach (NamedTensor tensor in shard.File.Tensors)
            {
                if (tensors.TryGetValue(tensor.Name, out (ModelShard Shard, LazyTensor Tensor) other))
                {
                    log.Add(FusionCodes.BaseIncomplete.At(tensor.Name, $"is in {other.Shard.FileName} and in {shard.FileName}"));
                    return null;
                }

                tensors.Add(tensor.Name, (shard, tensor.Tensor));
                if (map is not null && (map[tensor.Name] as JsonString)?.Value != shard.FileName)
                {
                    unlisted.Add($"{tensor.Name} in {shard.FileName}");
                }
            }
        }

        string[] absent = map is null ? [] : [.. map.Members.Where(entry => !tensors.ContainsKey(entry.Key)).Select(entry => entry.Key)];
        if (unlisted.Count > 0 || absent.Length > 0)
        {
            log.Add(FusionCodes.BaseIncomplete.At(indexPath, absent.Length > 0
                ? $"names {NameList.Of(absent, 3)}, which no shard holds"
                : $"does not name {NameList.Of(unlisted, 3)}"));
            return null;
        }

        return tensors;
    }

    private static bool IsOtherWeights(string file) =>
        OtherWeights.Any(extension => file.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
            || OtherIndices.Any(ending => file.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
}
