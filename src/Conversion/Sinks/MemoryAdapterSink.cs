using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sinks;

/// <summary>An adapter's files in memory.</summary>
/// <example>
/// <code>
/// using var memory = new MemoryAdapterSink();
/// ConversionResult result = await AdapterPipeline.From(source).To(TargetProfile.MlxLm).WriteTo(memory).RunAsync();
/// ReadOnlyMemory&lt;byte&gt; config = memory.Files["adapter_config.json"];
/// </code>
/// </example>
public sealed class MemoryAdapterSink : IAdapterSink
{
    private readonly Dictionary<string, MemoryByteSink> _pending = new(StringComparer.Ordinal);

    /// <summary>The files, once committed.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files { get; private set; } = new Dictionary<string, ReadOnlyMemory<byte>>();

    /// <inheritdoc />
    public void Begin(AdapterInputs inputs) => _pending.Clear();

    /// <inheritdoc />
    public IByteSink Create(string fileName, UnixFileMode? permissions)
    {
        var sink = new MemoryByteSink();
        _pending.Add(fileName, sink);
        return sink;
    }

    /// <inheritdoc />
    public void Commit() => Files = _pending.ToDictionary(file => file.Key, file => file.Value.Bytes, StringComparer.Ordinal);

    /// <inheritdoc />
    public void Dispose() => _pending.Clear();
}
