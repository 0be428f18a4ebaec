using System.Collections.Immutable;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Models.Bases;

/// <summary>A base model's tensors, from one file or several shards. Only headers are read.</summary>
/// <seealso cref="Transfuse.Conversion.Models.Bases.BaseModel" />
public sealed class BaseWeights : IDisposable
{
    private const string IndexFile = "model.safetensors.index.json";
    private readonly ImmutableArray<SafetensorsFile> _files;
    private readonly Dictionary<string, LazyTensor> _tensors = new(StringComparer.Ordinal);

    private BaseWeights(ImmutableArray<SafetensorsFile> files, BaseConfig config)
    {
        Config = config;
        _files = files;
        foreach (NamedTensor tensor in files.SelectMany(file => file.Tensors))
        {
            _tensors.TryAdd(tensor.Name, tensor.Tensor);
        }
    }

    /// <summary>Whether all files that belong to the model are there, as far as its index tells.</summary>
    public bool IsComplete { get; private init; }

    /// <summary>Whether a file's metadata says that MLX wrote it.</summary>
    internal bool SaysMlx => _files.Any(file => file.Metadata?.GetValueOrDefault("format") == "mlx");

    /// <summary>What the model says of itself.</summary>
    internal BaseConfig Config { get; }

    /// <summary>Names of all tensors.</summary>
    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>A tensor, or <see langword="null"/>.</summary>
    public LazyTensor? Find(string name) => _tensors.GetValueOrDefault(name);

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (SafetensorsFile file in _files)
        {
            file.Dispose();
        }
    }

    internal static BaseWeights? Open(IBaseFiles source, BaseConfig config)
    {
        IReadOnlyCollection<string> all = source.Names;
        string[] names =
        [
            .. all.Where(name => name.StartsWith("model", StringComparison.Ordinal) && name.EndsWith(".safetensors", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];
        if (names is [])
        {
            return null;
        }

        var files = ImmutableArray.CreateBuilder<SafetensorsFile>(names.Length);
        try
        {
            foreach (string name in names)
            {
                files.Add(SafetensorsFile.Open(source.Open(name)));
            }
        }
        catch
        {
            foreach (SafetensorsFile file in files)
            {
                file.Dispose();
            }

            throw;
        }

        return new BaseWeights(files.ToImmutable(), config) { IsComplete = HasAll(source, all, [.. names]) };
    }

    // Without an index one file is the whole model; several are shards of which some may be missing.
    private static bool HasAll(IBaseFiles source, IReadOnlyCollection<string> all, HashSet<string> present)
    {
        if (!all.Contains(IndexFile))
        {
            return present.Count == 1;
        }

        try
        {
            using IByteSource file = source.Open(IndexFile);
            return PythonJson.ReadObject(file, PythonJsonLimits.Default)["weight_map"] is JsonObject map
                && map.Members.All(entry => entry.Value is JsonString shard && present.Contains(shard.Value));
        }
        catch (PythonJsonException)
        {
            return false;
        }
    }
}
