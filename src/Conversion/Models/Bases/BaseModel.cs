using Transfuse.Conversion.Sources.Faults;
using Transfuse.Conversion.Sources.Hub;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;

namespace Transfuse.Conversion.Models.Bases;

/// <summary>A base model's folder: its config, and its weights where they are there. Weights are opened only when asked for.</summary>
/// <example>
/// <code>
/// BaseModel llama = BaseModel.FromFolder("models/llama");
/// Console.WriteLine(llama.Config.ModelType);
/// using BaseWeights? weights = llama.OpenWeights();
/// LazyTensor? embedding = weights?.Find("model.embed_tokens.weight");
/// </code>
/// </example>
public sealed class BaseModel
{
    private const string ConfigFile = "config.json";

    private readonly IBaseFiles _files;
    private readonly Lock _gate = new();
    private BaseWeightFiles? _weights;
    private bool _hasLooked;

    private BaseModel(string folder, BaseConfig config, IBaseFiles? files = null)
    {
        Folder = folder;
        Config = config;
        _files = files ?? new FolderBaseFiles(folder);
    }

    /// <summary>The folder; the id of a model on a hub whose weights are read from there.</summary>
    public string Folder { get; }

    /// <summary>Its <c>config.json</c>.</summary>
    public BaseConfig Config { get; }

    /// <summary>Opens a folder, or a <c>config.json</c> itself.</summary>
    /// <exception cref="FileNotFoundException">There is no <c>config.json</c>.</exception>
    /// <exception cref="PythonJsonException">The config is not JSON.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static BaseModel FromFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string path = Path.GetFileName(folder) == ConfigFile && File.Exists(folder) ? folder : Path.Combine(folder, ConfigFile);
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"The base model '{folder}' has no {ConfigFile}.{(Path.Exists(folder) ? string.Empty : HubId.Hint(folder))}", path);
        }

        using var file = new FileByteSource(path);
        return new BaseModel(
            Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".", new BaseConfig(PythonJson.ReadObject(file, PythonJsonLimits.Config)));
    }

    /// <summary>
    /// Opens a model on a hub. Its config comes into the cache; of its weights no more is read than is asked for: headers are a few kilobytes of each file.
    /// </summary>
    /// <param name="id">The repository, and the folder in it.</param>
    /// <param name="folders">The hub and its cache. Default: as the environment says.</param>
    /// <param name="log">Told of what was tried again. Default: nobody.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="HubException">It cannot be had.</exception>
    /// <exception cref="PythonJsonException">The config is not JSON.</exception>
    /// <exception cref="IOException">The network or the disk failed.</exception>
    public static BaseModel FromHub(HubId id, HubFolders? folders = null, RetryLog? log = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(id);
        folders ??= HubFolders.FromEnvironment;
        (HubId at, string[] names, _) = folders.Resolve(id, log, cancellationToken);
        var files = new HubBaseFiles(folders, at, names, log);
        if (!files.Names.Contains(ConfigFile))
        {
            throw new HubException(HubError.Missing, id.ToString(), $"has no {ConfigFile}");
        }

        using IByteSource file = files.Open(ConfigFile);
        return new BaseModel(id.ToString(), new BaseConfig(PythonJson.ReadObject(file, PythonJsonLimits.Config)), files);
    }

    /// <summary>
    /// Opens the weights, or gives <see langword="null"/> where the folder has none. What is there is looked at once: later calls give the same weights, whose
    /// files are open as long as one of those that were given is not disposed. Safe for concurrent use.
    /// </summary>
    /// <exception cref="ContainerException">A weights file is broken.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public BaseWeights? OpenWeights()
    {
        lock (_gate)
        {
            if (!_hasLooked)
            {
                _weights = BaseWeightFiles.Read(_files, Config);
                _hasLooked = true;
            }
        }

        return _weights?.Lend();
    }
}
