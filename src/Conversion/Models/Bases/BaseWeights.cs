using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Models.Bases;

/// <summary>A base model's tensors, from one file or several shards. Only headers are read.</summary>
/// <seealso cref="Transfuse.Conversion.Models.Bases.BaseModel" />
public sealed class BaseWeights : IDisposable
{
    private bool _disposed;

    internal BaseWeights(BaseWeightFiles files) => Files = files;

    /// <summary>Whether all files that belong to the model are there, as far as its index tells.</summary>
    public bool IsComplete => Files.IsComplete;

    /// <summary>Whether a file's metadata says that MLX wrote it.</summary>
    internal bool SaysMlx => Files.SaysMlx;

    /// <summary>What the model says of itself.</summary>
    internal BaseConfig Config => Files.Config;

    /// <summary>What all who have these weights share.</summary>
    internal BaseWeightFiles Files { get; }

    /// <summary>Names of all tensors.</summary>
    public IReadOnlyCollection<string> Names => Files.Tensors.Keys;

    /// <summary>A tensor, or <see langword="null"/>.</summary>
    public LazyTensor? Find(string name) => Files.Tensors.GetValueOrDefault(name);

    /// <inheritdoc />
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            Files.TakeBack();
        }
    }
}
