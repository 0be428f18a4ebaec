using System.Collections.Immutable;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Bases;

/// <summary>A base model's tensors, from one file or several shards. Only headers are read.</summary>
public sealed class BaseWeights : IDisposable
{
    private readonly ImmutableArray<SafetensorsFile> _files;
    private readonly Dictionary<string, LazyTensor> _tensors = new(StringComparer.Ordinal);

    private BaseWeights(ImmutableArray<SafetensorsFile> files)
    {
        _files = files;
        foreach (NamedTensor tensor in files.SelectMany(file => file.Tensors))
        {
            _tensors.TryAdd(tensor.Name, tensor.Tensor);
        }
    }

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

    internal static BaseWeights? Open(string folder)
    {
        string[] paths = [.. Directory.EnumerateFiles(folder, "model*.safetensors").Order(StringComparer.Ordinal)];
        if (paths is [])
        {
            return null;
        }

        var files = ImmutableArray.CreateBuilder<SafetensorsFile>(paths.Length);
        try
        {
            foreach (string path in paths)
            {
                files.Add(SafetensorsFile.Open(path));
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

        return new BaseWeights(files.ToImmutable());
    }
}
