namespace Transfuse.Formats.Safetensors;

/// <summary>A parsed header: well-formed, but not yet compared with the file's length.</summary>
/// <param name="Entries">The tensors in the header's order; names may still repeat.</param>
/// <param name="Metadata">The strings under <c>__metadata__</c>; <see langword="null"/> where it is absent or null.</param>
internal sealed record Header(List<HeaderEntry> Entries, IReadOnlyDictionary<string, string>? Metadata)
{
    /// <summary>The key that holds metadata and so names no tensor.</summary>
    public const string MetadataKey = "__metadata__";

    /// <summary>The most dimensions of a tensor; NumPy and PyTorch have as many.</summary>
    public const int MaxRank = 64;

    /// <summary>The most metadata that is read: pairs, and bytes of the header from its start to its end.</summary>
    public const int MaxMetadataPairs = 100_000, MaxMetadataBytes = 8 << 20;

    /// <summary>The longest header in bytes that the reference implementation reads.</summary>
    public const int MaxLength = 100_000_000;

    /// <summary>The most tensors of a file: 100,000, and in a larger file one for each KiB. A real tensor has more than that.</summary>
    public static long MaxTensors(long fileLength) => Math.Max(100_000, fileLength / 1024);

    /// <summary>
    /// The longest header of a file in bytes: 12 MiB, in a larger file an eighth of it, and never more than <see cref="MaxLength"/>.
    /// A real header has 60 to 200 bytes for a tensor.
    /// </summary>
    public static long MaxLengthIn(long fileLength) => Math.Min(MaxLength, Math.Max(12 << 20, fileLength / 8));
}
