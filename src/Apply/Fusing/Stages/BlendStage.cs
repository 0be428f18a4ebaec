using System.Buffers;
using System.Globalization;
using System.Numerics.Tensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Fusing.Stages;

/// <summary>A change that is no product, at another strength: the weight goes that share of the way to what the change makes of it.</summary>
/// <param name="stage">The change.</param>
/// <param name="strength">The share; 1 is the change itself.</param>
internal sealed class BlendStage(WeightStage stage, double strength) : WeightStage
{
    /// <inheritdoc />
    public override string Description => $"{stage.Description}, at {strength.ToString(CultureInfo.InvariantCulture)}";

    /// <inheritdoc />
    public override IOpenStage Open(WeightRows before, CancellationToken cancellationToken) =>
        new Opened(stage.Open(before, cancellationToken), (float)strength);

    private sealed class Opened(IOpenStage stage, float strength) : IOpenStage
    {
        public void Apply(int matrix, int row, Span<float> values, DType? rounding)
        {
            float[] buffer = ArrayPool<float>.Shared.Rent(values.Length);
            try
            {
                Span<float> changed = buffer.AsSpan(0, values.Length);
                values.CopyTo(changed);
                stage.Apply(matrix, row, changed, rounding);
                TensorPrimitives.Subtract(changed, values, changed);
                TensorPrimitives.MultiplyAdd(changed, strength, values, values);
            }
            finally
            {
                ArrayPool<float>.Shared.Return(buffer);
            }
        }
    }
}
