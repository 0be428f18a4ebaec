using System.Numerics.Tensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Fusing.Stages;

/// <summary>A vector times a scale is added: what <c>lora_bias</c> adds to a bias.</summary>
/// <param name="vector">As many values as the weight has.</param>
/// <param name="scale">The multiplier; its float32 value counts.</param>
internal sealed class AddStage(LazyTensor vector, double scale) : WeightStage
{
    /// <inheritdoc />
    public override string Description => "bias of lora_B added";

    /// <summary>The same at another strength.</summary>
    public AddStage Times(double factor) => new(vector, scale * factor);

    /// <inheritdoc />
    public override IOpenStage Open(WeightRows before, CancellationToken cancellationToken)
    {
        float[] values = vector.ToSingles(cancellationToken);
        TensorPrimitives.Multiply(values, (float)scale, values);
        return new Opened(values);
    }

    private sealed class Opened(float[] added) : IOpenStage
    {
        public void Apply(int matrix, int row, Span<float> values, DType? rounding) => TensorPrimitives.Add(values, added, values);
    }
}
