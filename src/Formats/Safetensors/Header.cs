namespace Transfuse.Formats.Safetensors;

/// <summary>A parsed header: well-formed, but not yet compared with the file's length.</summary>
/// <param name="Entries">The tensors in the header's order; names may still repeat.</param>
/// <param name="Metadata">The strings under <c>__metadata__</c>; <see langword="null"/> where it is absent or null.</param>
internal sealed record Header(List<HeaderEntry> Entries, IReadOnlyDictionary<string, string>? Metadata)
{
    /// <summary>The key that holds metadata and so names no tensor.</summary>
    public const string MetadataKey = "__metadata__";

    /// <summary>The longest header in bytes that the reference implementation reads.</summary>
    public const int MaxLength = 100_000_000;
}
