namespace Transfuse.Formats.Fuzz.Writers;

/// <summary>One entry of a written archive, and the lies that it may tell.</summary>
public sealed record ZipItem(string Name, byte[] Data)
{
    public ushort Method { get; init; }

    public ushort Flags { get; init; } = 0x0808;

    /// <summary>What the directory says; the true size where absent.</summary>
    public long? Length { get; init; }

    public long? StoredLength { get; init; }

    public uint? Crc { get; init; }

    public long? HeaderPosition { get; init; }

    /// <summary>The name in the local header; the same where absent.</summary>
    public string? LocalName { get; init; }

    /// <summary>Extra bytes before the data, as alignment.</summary>
    public int Padding { get; init; }

    /// <summary>Whether the directory keeps sizes and position in a zip64 field.</summary>
    public bool IsZip64 { get; init; }

    /// <summary>An entry whose data are deflated.</summary>
    public static ZipItem Deflated(string name, byte[] data)
    {
        using var compressed = new MemoryStream();
        using (var deflate = new System.IO.Compression.DeflateStream(compressed, System.IO.Compression.CompressionLevel.Optimal))
        {
            deflate.Write(data);
        }

        return new ZipItem(name, compressed.ToArray()) { Method = 8, Length = data.Length, Crc = ZipWriter.Crc(data) };
    }
}
