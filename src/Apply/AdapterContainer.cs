using System.Collections.Immutable;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models;
using Transfuse.Apply.Saving;
using Transfuse.Conversion;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sources;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Apply;

/// <summary>
/// An adapter that goes into a model and out again. Loading puts layers with factors where the model's own were; unloading puts the same objects back.
/// A model holds one adapter at a time: loading another takes its place.
/// </summary>
/// <example>
/// <code>
/// using AdapterContainer container = AdapterContainer.FromFolder("adapters/llama", model.Source);
/// container.LoadInto(model);
/// container.Enabled = false;                               // the base again, without reloading
/// container.Unload();
/// </code>
/// </example>
public sealed class AdapterContainer : IDisposable
{
    private const string TextModel = "language_model.";
    private readonly IDisposable? _files;
    private readonly BaseModel? _base;
    private readonly bool[] _enabled;
    private LanguageModel? _model;
    private ImmutableArray<ILoraLayer> _layers = [];
    private (LanguageModel Model, ImmutableArray<ILoraLayer> Layers)? _made;

    private AdapterContainer(Adapter adapter, IDisposable? files, BaseModel? baseModel)
    {
        Adapter = adapter;
        _base = baseModel;
        _files = files;
        _enabled = new bool[adapter.Modules.Length];
        _enabled.AsSpan().Fill(true);
    }

    /// <summary>The adapter in MLX's layout.</summary>
    public Adapter Adapter { get; }

    /// <summary>Whether it is in a model.</summary>
    public bool IsLoaded => _model is not null;

    /// <summary>The layers in the model, in the order of <see cref="Metadata.Adapters.Adapter.Modules"/>; empty while it is not loaded.</summary>
    public IReadOnlyList<ILoraLayer> Layers => _layers;

    /// <summary>Whether all layers count; setting it switches all of them on or off, now and when the adapter is loaded.</summary>
    public bool Enabled
    {
        get => !_enabled.Contains(false);
        set => SetEnabled(_ => true, value);
    }

    /// <summary>Reads an adapter of any dialect.</summary>
    /// <param name="folder">Its folder, or its weights file.</param>
    /// <param name="baseModel">The model's folder, which tells how names and shapes correspond.</param>
    /// <param name="options">What decides how adapters are read; the defaults where null.</param>
    /// <exception cref="AdapterException">It cannot be read; the message is that of the first error.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static AdapterContainer FromFolder(string folder, BaseModel? baseModel, ConversionOptions? options = null)
    {
        var log = new FindingLog((options ?? ConversionOptions.Default).Allowed);
        return FromSource(AdapterSource.Open(folder), baseModel, options ?? ConversionOptions.Default, log)
            ?? throw Unreadable(folder, log);
    }

    /// <summary>Reads an adapter of any dialect, and owns its files from then on.</summary>
    /// <param name="source">Its files.</param>
    /// <param name="baseModel">The model's folder.</param>
    /// <param name="options">What decides how adapters are read.</param>
    /// <param name="log">Takes the findings.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The container, or <see langword="null"/> with an error in the log.</returns>
    public static AdapterContainer? FromSource(
        IAdapterSource source, BaseModel? baseModel, ConversionOptions options, FindingLog log, CancellationToken cancellationToken = default)
    {
        AdapterReading? reading = null;
        try
        {
            reading = AdapterReader.ReadInMlx(source, options with { Base = baseModel }, cancellationToken);
            log.AddRange(reading.Findings);
            return reading.Adapter is not { } adapter ? null : new AdapterContainer(UnderModelPaths(adapter, baseModel), source, baseModel);
        }
        finally
        {
            if (reading?.Adapter is null)
            {
                source.Dispose();
            }
        }
    }

    /// <summary>An adapter that is already in memory, in MLX's layout.</summary>
    public static AdapterContainer FromAdapter(Adapter adapter) => adapter.Layout == ModelLayout.Mlx
        ? new AdapterContainer(adapter, null, null)
        : throw new ArgumentException("The adapter has not MLX's layout.", nameof(adapter));

    /// <summary>The same, under the names that a model has for its modules.</summary>
    internal static AdapterContainer FromAdapter(Adapter adapter, BaseModel baseModel) => FromAdapter(UnderModelPaths(adapter, baseModel));

    /// <summary>
    /// A new adapter for a model: A uniform between -1/sqrt(in) and 1/sqrt(in), B zero, m the norms of the rows, as mlx-lm (0.32.0) makes it.
    /// </summary>
    /// <param name="model">The model; it is not changed.</param>
    /// <param name="configuration">What the adapter is like.</param>
    /// <param name="seed">The same seed gives the same numbers.</param>
    /// <exception cref="AdapterException">A key names nothing that can be adapted.</exception>
    public static AdapterContainer Create(LanguageModel model, LoraConfiguration configuration, int seed = 0) =>
        new(NewAdapter.Create(model, configuration, seed), null, model.Source);

    /// <summary>Puts the adapter into a model, in place of another that may be there.</summary>
    /// <exception cref="AdapterException">It does not fit; the model is as before.</exception>
    public void LoadInto(LanguageModel model)
    {
        ImmutableArray<ILoraLayer> layers = _made is { } made && made.Model == model ? made.Layers : LayerFactory.Create(model, Adapter);
        _made = (model, layers);
        Unload();
        model.Adapter?.Unload();
        for (int i = 0; i < layers.Length; i++)
        {
            layers[i].Enabled = _enabled[i];
            model.Slots[Adapter.Modules[i].Path.Text].Current = (ModelLayer)layers[i];
        }

        _layers = layers;
        _model = model;
        model.Adapter = this;
    }

    /// <summary>Puts the model's own layers back. Nothing happens where the adapter is not loaded.</summary>
    public void Unload()
    {
        foreach (ILoraLayer layer in _layers)
        {
            _model!.Slots[layer.Factors.Path.Text].Current = layer.Reverted();
        }

        if (_model is not null)
        {
            _model.Adapter = null;
        }

        _layers = [];
        _model = null;
    }

    /// <summary>Puts layers into the model whose weights have the adapter in them, for good: <see cref="Unload"/> does not take them out.</summary>
    /// <param name="model">The model; another adapter in it is unloaded first.</param>
    /// <exception cref="AdapterException">It does not fit; the model is as before.</exception>
    public void FuseInto(LanguageModel model)
    {
        ImmutableArray<ILoraLayer> layers = LayerFactory.Create(model, Adapter);
        model.Adapter?.Unload();
        foreach (ILoraLayer layer in layers)
        {
            model.Slots[layer.Factors.Path.Text].Current = layer.Fused();
        }
    }

    /// <summary>
    /// Saves the adapter, whether it is loaded and enabled or not: with the inference of a conversion for what the config says, and with its checks. A config
    /// that the adapter came with is not carried on, but for the base's id. Where an error finding stands against it, nothing is written.
    /// </summary>
    /// <param name="folder">The folder that is to appear: complete, or not at all.</param>
    /// <param name="options">What the caller decides; the base is the model's where they have none.</param>
    /// <param name="cancellationToken">Ends the work; nothing is written.</param>
    /// <exception cref="IOException">The operating system failed; nothing was written.</exception>
    public ConversionResult Save(string folder, SaveOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new SaveOptions();
        ConversionOptions conversion = options.Conversion with { Base = options.Conversion.Base ?? _model?.Source ?? _made?.Model.Source ?? _base };
        return AdapterWriter.Write(Adapter, folder, options with { Conversion = conversion }, new FindingLog(conversion.Allowed), cancellationToken);
    }

    /// <summary>Switches layers on or off, now and when the adapter is loaded.</summary>
    /// <param name="which">Chooses by path.</param>
    /// <param name="enabled">On or off.</param>
    public void SetEnabled(Func<ModulePath, bool> which, bool enabled)
    {
        for (int i = 0; i < _enabled.Length; i++)
        {
            if (which(Adapter.Modules[i].Path))
            {
                _enabled[i] = enabled;
                if (IsLoaded)
                {
                    _layers[i].Enabled = enabled;
                }
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Unload();
        foreach (ILoraLayer layer in _made?.Layers ?? [])
        {
            layer.FreeFactors();
        }

        _files?.Dispose();
    }

    // Other programs of MLX hold the same model under another root.
    private static Adapter UnderModelPaths(Adapter adapter, BaseModel? baseModel)
    {
        if (baseModel?.Config.ModelType is not { } type || ArchitectureTable.Default.Find(type) is not { } architecture)
        {
            return adapter;
        }

        var map = new ArchitectureMap(architecture, baseModel.Config, allowLowConfidence: true);
        return adapter with { Modules = [.. adapter.Modules.Select(module => module with { Path = ModulePath.Parse(ModelPath(map, module.Path.Text)) })] };
    }

    // mlx-vlm holds every text model under this name.
    private static string ModelPath(ArchitectureMap map, string path) =>
        map.MlxPathOf(path) ?? (path.StartsWith(TextModel, StringComparison.Ordinal) ? map.MlxPathOf(path[TextModel.Length..]) : null) ?? path;

    private static AdapterException Unreadable(string folder, FindingLog log)
    {
        Finding? first = log.ToSorted().FirstOrDefault(finding => finding.Severity == Severity.Error);
        return new AdapterException(AdapterError.Unreadable, first?.Subject ?? folder, first is null ? "cannot be read" : $"{first.Message} ({first.Code.Id})");
    }
}
