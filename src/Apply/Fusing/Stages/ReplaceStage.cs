using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Fusing.Stages;

/// <summary>The weight is replaced by one that was trained whole.</summary>
/// <param name="weight">The new weight, of the same shape.</param>
/// <param name="what">What it is.</param>
internal sealed class ReplaceStage(LazyTensor weight, string what) : WeightStage
{
    /// <summary>The new weight.</summary>
    public LazyTensor Weight => weight;

    /// <summary>Whether PEFT saved it as a weight of the base, not as one that was trained.</summary>
    public bool IsOfBase { get; init; }

    /// <inheritdoc />
    public override string Description => what;

    /// <inheritdoc />
    public override IOpenStage Open(WeightRows before, CancellationToken cancellationToken) =>
        new Opened(new FloatSource(weight.SupportsRanges ? weight : Loaded(cancellationToken), before.Shape), cancellationToken);

    private MemoryTensor Loaded(CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[weight.ByteLength];
        weight.CopyTo(bytes, cancellationToken);
        return new MemoryTensor(weight.DType, weight.Shape, bytes);
    }

    private sealed class Opened(FloatSource source, CancellationToken cancellationToken) : IOpenStage
    {
        public void Apply(int matrix, int row, Span<float> values, DType? rounding) => source.Read(matrix, row, values, cancellationToken);
    }
}
