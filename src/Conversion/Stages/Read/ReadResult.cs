using Transfuse.Conversion.Dialects;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Stages.Read;

/// <summary>An adapter as read; its tensors are usable until this is disposed.</summary>
/// <param name="Adapter">The adapter.</param>
/// <param name="Dialect">The dialect that it came in.</param>
/// <param name="Content">The open files.</param>
internal sealed record ReadResult(Adapter Adapter, Dialect Dialect, AdapterContent Content) : IDisposable
{
    public void Dispose() => Content.Weights.Dispose();
}
