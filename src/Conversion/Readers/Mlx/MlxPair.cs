using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Readers.Mlx;

/// <summary>What a file has for one module.</summary>
/// <param name="path">The module's path, as the file has it.</param>
internal sealed class MlxPair(string path)
{
    public string Path => path;

    /// <summary><c>lora_a</c>.</summary>
    public LazyTensor? A { get; set; }

    /// <summary><c>lora_b</c>.</summary>
    public LazyTensor? B { get; set; }

    public LazyTensor? M { get; set; }

    /// <summary>The names of what there is, for messages.</summary>
    public string Names => string.Join(" and ", new[] { A is null ? null : "lora_a", B is null ? null : "lora_b", M is null ? null : "m" }.OfType<string>());
}
