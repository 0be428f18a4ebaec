using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Tensors.Support;

/// <summary>Hides that its source serves ranges, as a computed tensor would.</summary>
internal sealed class OpaqueTensor(LazyTensor source) : LazyTensor(source.DType, source.Shape)
{
    protected override void Produce(Span<byte> destination, CancellationToken cancellationToken) => source.CopyTo(destination, cancellationToken);
}
