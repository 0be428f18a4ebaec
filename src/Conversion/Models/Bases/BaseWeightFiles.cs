using System.Collections.Immutable;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Models.Bases;

/// <summary>
/// The weights files of one base as they were when the first adapter asked for them. All adapters of a run share them, so that a header is parsed once, and,
/// where it lies on a hub, fetched once. Files are open only while somebody has them. Safe for concurrent use.
/// </summary>
internal sealed class BaseWeightFiles
{
    private const string IndexFile = "model.safetensors.index.json";
    private readonly Lock _gate = new();
    private readonly ImmutableArray<LeasedByteSource> _sources;
    private int _leases;

    private BaseWeightFiles(ImmutableArray<LeasedByteSource> sources, IReadOnlyList<SafetensorsFile> files, BaseConfig config, bool isComplete)
    {
        (_sources, Config, IsComplete) = (sources, config, isComplete);
        SaysMlx = files.Any(file => file.Metadata?.GetValueOrDefault("format") == "mlx");
        foreach (NamedTensor tensor in files.SelectMany(file => file.Tensors))
        {
            Tensors.TryAdd(tensor.Name, tensor.Tensor);
        }
    }

    /// <summary>Whether all files that belong to the model are there, as far as its index tells.</summary>
    public bool IsComplete { get; }

    /// <summary>Whether a file's metadata says that MLX wrote it.</summary>
    public bool SaysMlx { get; }

    /// <summary>What the model says of itself.</summary>
    public BaseConfig Config { get; }

    /// <summary>All tensors by name; not changed once it is made.</summary>
    public Dictionary<string, LazyTensor> Tensors { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads the headers; <see langword="null"/> where there are no weights. Nothing is open afterwards.</summary>
    /// <exception cref="ContainerException">A weights file is broken.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static BaseWeightFiles? Read(IBaseFiles source, BaseConfig config)
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

        var sources = ImmutableArray.CreateBuilder<LeasedByteSource>(names.Length);
        try
        {
            var files = new List<SafetensorsFile>(names.Length);
            foreach (string name in names)
            {
                sources.Add(new LeasedByteSource(() => source.Open(name)));
                files.Add(SafetensorsFile.Open(sources[^1]));
            }

            return new BaseWeightFiles(sources.ToImmutable(), files, config, HasAll(source, all, [.. names]));
        }
        finally
        {
            foreach (LeasedByteSource file in sources)
            {
                file.Dispose();
            }
        }
    }

    /// <summary>The weights, until what is returned is disposed.</summary>
    public BaseWeights Lend()
    {
        lock (_gate)
        {
            if (_leases++ == 0)
            {
                foreach (LeasedByteSource file in _sources)
                {
                    file.Lend();
                }
            }
        }

        return new BaseWeights(this);
    }

    /// <summary>Takes a lease back; after the last the files are closed.</summary>
    public void TakeBack()
    {
        lock (_gate)
        {
            if (--_leases == 0)
            {
                foreach (LeasedByteSource file in _sources)
                {
                    file.Dispose();
                }
            }
        }
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
