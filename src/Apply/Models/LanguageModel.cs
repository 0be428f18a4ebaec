using Transfuse.Apply.Backends;
using Transfuse.Apply.Generation;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Caches;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Expressions;
using Transfuse.Apply.Models.Parts;
using Transfuse.Apply.Models.Table;
using Transfuse.Apply.Models.Weights;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Models;

/// <summary>
/// A language model that runs: ids in, logits out. Its weights stay in its files until a layer needs them. Not safe for concurrent use.
/// </summary>
/// <example>
/// <code>
/// using var managed = new ManagedBackend();
/// using LanguageModel llama = LanguageModel.Load("models/llama", managed);
/// float[] logits = llama.Logits(ids);                      // ids x vocabulary
/// </code>
/// </example>
public sealed class LanguageModel : IDisposable
{
    private readonly BaseWeights _files;
    private readonly Decoder _decoder;
    private readonly IReadOnlyList<BackendWeight> _weights;

    private LanguageModel(BaseModel source, ITensorBackend backend, ModelEntry entry, BaseWeights files, PartFactory parts, Decoder decoder)
    {
        Source = source;
        Backend = backend;
        ModelType = entry.ModelType;
        Slots = parts.Slots;
        _weights = parts.Weights;
        LayersPath = entry.Word("paths.layers")!;
        Layers = parts.Settings.Layers;
        LayerPaths = Enumerable.Range(0, Layers).ToDictionary(parts.Settings.LayerPath, layer => layer, StringComparer.Ordinal);
        _files = files;
        _decoder = decoder;
    }

    /// <summary>The folder it was loaded from.</summary>
    public BaseModel Source { get; }

    /// <summary>What computes.</summary>
    public ITensorBackend Backend { get; }

    /// <summary>The type by which it is composed: of a model of pictures and text, that of its text part.</summary>
    public string ModelType { get; }

    /// <summary>Number of ids.</summary>
    public int Vocabulary => _decoder.Vocabulary;

    /// <summary>Number of layers.</summary>
    public int Layers { get; }

    /// <summary>What stands before the layer index in the paths of layers, such as <c>model.layers</c>.</summary>
    public string LayersPath { get; }

    /// <summary>The places of layers that an adapter can take, by their paths in MLX.</summary>
    public IReadOnlyDictionary<string, LayerSlot> Slots { get; }

    /// <summary>Opens a folder of MLX or of Hugging Face: config.json and model*.safetensors. Only headers are read.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="backend">What computes; the caller keeps and disposes it.</param>
    /// <exception cref="ModelException">The model is not run, or its files do not make one.</exception>
    /// <exception cref="ContainerException">A file is broken.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static LanguageModel Load(string folder, ITensorBackend backend)
    {
        ArgumentNullException.ThrowIfNull(backend);
        if (!File.Exists(Path.Combine(folder, "config.json")))
        {
            throw new ModelException(ModelError.FileMissing, folder, "has no config.json");
        }

        var source = BaseModel.FromFolder(folder);
        (ModelEntry entry, JsonObject text) = ModelConfig.Resolve(source.Config.Root);
        BaseWeights files = source.OpenWeights() ?? throw new ModelException(ModelError.FileMissing, folder, "has no model*.safetensors");
        try
        {
            return Build(source, backend, entry, text, files);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>An empty cache for a conversation.</summary>
    public ModelCache NewCache() => new(Blocks);

    /// <summary>Logits of a whole batch of sequences, each from its start: float32 (b, L, V).</summary>
    /// <param name="ids">b sequences of L ids one after the other.</param>
    /// <param name="batch">b.</param>
    /// <exception cref="ArgumentException">An id is not below <see cref="Vocabulary"/>, or the ids do not divide into sequences.</exception>
    /// <exception cref="ModelException">A result is not a number.</exception>
    public float[] Logits(ReadOnlySpan<int> ids, int batch = 1)
    {
        int[] sequence = ids.ToArray();
        float[] logits = Backend.Run(() =>
        {
            ModelCache cache = NewCache();
            Step step = Start(sequence, batch, cache, true);
            float[] all = Backend.ToSingles(Run(step));
            step.End();
            cache.Release();
            return all;
        });
        RequireFinite(logits);
        return logits;
    }

    /// <summary>Logits of the ids that follow what a cache has seen: float32 (b, L, V). The cache then has seen them too.</summary>
    /// <param name="ids">b sequences of L ids one after the other.</param>
    /// <param name="cache">What came before; of this model.</param>
    /// <param name="batch">b, the same at every call with one cache.</param>
    /// <exception cref="ArgumentException">An id is not below <see cref="Vocabulary"/>, or the ids do not divide into sequences.</exception>
    /// <exception cref="ModelException">A result is not a number.</exception>
    public float[] Logits(ReadOnlySpan<int> ids, ModelCache cache, int batch = 1)
    {
        int[] sequence = ids.ToArray();
        float[] logits = Backend.Run(() =>
        {
            Step step = Start(sequence, batch, cache, false);
            BackendArray last = Run(step);
            step.End();
            Backend.Evaluate([last, .. cache.Arrays]);
            return Backend.ToSingles(last);
        });
        RequireFinite(logits);
        cache.Length += sequence.Length / batch;
        return logits;
    }

    /// <summary>Goes on with a sequence, one id at a time, without end: the caller takes as many as it wants.</summary>
    /// <param name="prompt">The sequence so far; at least one id.</param>
    /// <param name="options">How ids are chosen; the most likely ones where null.</param>
    /// <param name="cache">What came before the prompt; an empty cache where null.</param>
    /// <exception cref="ArgumentException">An id of the prompt is not below <see cref="Vocabulary"/>.</exception>
    public IEnumerable<int> Generate(int[] prompt, GenerationOptions? options = null, ModelCache? cache = null)
    {
        var sampler = new TokenSampler(options ?? new GenerationOptions());
        cache ??= NewCache();
        if (prompt.Length > 1)
        {
            _ = Logits(prompt.AsSpan()[..^1], cache);
        }

        int last = prompt[^1];
        while (true)
        {
            last = sampler.Choose(Logits([last], cache));
            yield return last;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (BackendWeight weight in _weights)
        {
            weight.Dispose();
        }

        _files.Dispose();
    }

    internal AdapterContainer? Adapter { get; set; }

    /// <summary>Number of blocks that are run: some types run their layers more than once.</summary>
    internal int Blocks => _decoder.Blocks;

    /// <summary>The layers by their paths.</summary>
    internal IReadOnlyDictionary<string, int> LayerPaths { get; }

    internal Step Start(ReadOnlySpan<int> ids, int batch, ModelCache cache, bool isWhole)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        if (ids.Length == 0 || ids.Length % batch != 0)
        {
            throw new ArgumentException($"{ids.Length} ids do not make {batch} sequences.", nameof(ids));
        }

        if (cache.States.Length != Blocks || (cache.Length > 0 && cache.Batch != batch))
        {
            throw new ArgumentException($"The cache is of {cache.States.Length} layers and {cache.Batch} sequences.", nameof(cache));
        }

        foreach (int id in ids)
        {
            if ((uint)id >= (uint)Vocabulary)
            {
                throw new ArgumentException($"Id {id} is not below the vocabulary of {Vocabulary}.", nameof(ids));
            }
        }

        cache.Batch = batch;
        return new Step(Backend, Backend.FromIntegers(ids, batch, ids.Length / batch), cache, isWhole);
    }

    internal BackendArray Embed(Step step) => _decoder.Embed(step);

    internal BackendArray RunBlock(int block, BackendArray h, Step step) => _decoder.Run(block, h, step);

    internal BackendArray Head(BackendArray h) => _decoder.Head(h);

    private BackendArray Run(Step step)
    {
        BackendArray h = Embed(step);
        for (int block = 0; block < Blocks; block++)
        {
            h = RunBlock(block, h, step);
        }

        return Head(h);
    }

    internal void RequireFinite(float[] logits)
    {
        if (Array.TrueForAll(logits, float.IsFinite))
        {
            return;
        }

        string? bad = _files.Names.Order(StringComparer.Ordinal)
            .FirstOrDefault(name => _files.Find(name) is { } tensor && tensor.DType.IsFactorFloat() && !TensorProbe.IsFinite(tensor));
        throw bad is null
            ? new ModelException(ModelError.NotFinite, "logits", "hold a value that is not finite, though all weights are")
            : new ModelException(ModelError.NotFinite, bad, "holds a value that is not finite");
    }

    // A folder of Hugging Face differs from one of MLX in names or shapes, or not at all.
    private static LanguageModel Build(BaseModel source, ITensorBackend backend, ModelEntry entry, JsonObject text, BaseWeights files)
    {
        try
        {
            return Build(source, backend, entry, text, files, new MlxWeights(files));
        }
        catch (ModelException asMlx) when (asMlx.Cause is ModelError.TensorMissing or ModelError.TensorInvalid or ModelError.TensorUnused
            && source.Config.Quantization is null && source.Config.ModelType is { } type && ArchitectureTable.Default.Find(type) is { } architecture)
        {
            var weights = new HfWeights(files, new ArchitectureMap(architecture, source.Config, allowLowConfidence: true), entry);
            if (weights.Names.SetEquals(files.Names.ToHashSet(StringComparer.Ordinal)) && asMlx.Cause != ModelError.TensorInvalid)
            {
                throw;
            }

            return Build(source, backend, entry, text, files, weights);
        }
    }

    private static LanguageModel Build(BaseModel source, ITensorBackend backend, ModelEntry entry, JsonObject text, BaseWeights files, IModelWeights weights)
    {
        if (source.Config.Root["quantization_config"] is JsonObject && source.Config.Quantization is null)
        {
            throw new ModelException(
                ModelError.SettingNotRun, "quantization_config", "is there without MLX's quantization: weights quantized by other programs are not run");
        }

        try
        {
            var settings = new ModelSettings(entry, text, weights.Names);
            var parts = new PartFactory(backend, settings, weights, source.Config.Quantization);
            var decoder = new Decoder(parts);
            RequireUsed(parts, entry);
            return new LanguageModel(source, backend, entry, files, parts, decoder);
        }
        catch (Exception broken) when (broken is ExpressionException or OverflowException or ArgumentException)
        {
            throw new ModelException(ModelError.FieldInvalid, "config.json", broken.Message);
        }
    }

    private static void RequireUsed(PartFactory parts, ModelEntry entry)
    {
        if (UnusedTensors.First(parts.Unused, entry) is { } unused)
        {
            throw new ModelException(ModelError.TensorUnused, unused, $"is a tensor that a {entry.ModelType} with this config.json has no use for");
        }
    }
}
