using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;

namespace Transfuse.Conversion.Models.Bases;

/// <summary>A base model's folder: its config, and its weights where they are there. Weights are opened only when asked for.</summary>
public sealed class BaseModel
{
    private const string ConfigFile = "config.json";

    private BaseModel(string folder, BaseConfig config)
    {
        Folder = folder;
        Config = config;
    }

    /// <summary>The folder.</summary>
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
            throw new FileNotFoundException($"The base model '{folder}' has no {ConfigFile}.{(Path.Exists(folder) ? string.Empty : HubIds.Hint(folder))}", path);
        }

        using var file = new FileByteSource(path);
        return new BaseModel(Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".", new BaseConfig(PythonJson.ReadObject(file, PythonJsonLimits.Config)));
    }

    /// <summary>Opens the weights, or gives <see langword="null"/> where the folder has none.</summary>
    /// <exception cref="ContainerException">A weights file is broken.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public BaseWeights? OpenWeights() => BaseWeights.Open(Folder);
}
