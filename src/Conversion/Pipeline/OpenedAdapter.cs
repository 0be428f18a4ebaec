using Transfuse.Conversion.Stages;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Pipeline;

/// <summary>An adapter whose files are open: its tensors can be read until it is disposed.</summary>
public sealed class OpenedAdapter : IDisposable
{
    private readonly ReadResult _read;

    internal OpenedAdapter(ReadResult read, Adapter adapter) => (_read, Adapter) = (read, adapter);

    /// <summary>The adapter in MLX's layout.</summary>
    public Adapter Adapter { get; }

    /// <inheritdoc />
    public void Dispose() => _read.Dispose();
}
