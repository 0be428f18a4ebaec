using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Numerics.Tensors;
using Transfuse.Apply.Quantization;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Fusing.Stages;

/// <summary>Adds low-rank products, those of several adapters in one sum that is rounded once.</summary>
/// <param name="parts">The products; at least one, each for the same shape.</param>
internal sealed class ProductStage(ImmutableArray<ProductPart> parts) : WeightStage
{
    /// <summary>The products.</summary>
    public ImmutableArray<ProductPart> Parts { get; } = parts;

    /// <inheritdoc />
    public override string Description =>
        string.Join(" + ", Parts.Select(part => $"rank {part.Rank} x {((float)part.Scale).ToString(CultureInfo.InvariantCulture)}"));

    /// <inheritdoc />
    public override IOpenStage Open(WeightRows before, CancellationToken cancellationToken) => OpenProduct(before.Shape, cancellationToken);

    private Opened OpenProduct(WeightShape shape, CancellationToken cancellationToken)
    {
        int rank = Parts.Sum(part => part.Rank);
        float[] left = new float[checked(shape.Matrices * shape.Rows * rank)];
        float[] right = new float[checked(shape.Matrices * rank * shape.Columns)];
        int before = 0;
        foreach (ProductPart part in Parts)
        {
            float[] partLeft = part.Left.ToSingles(cancellationToken);
            TensorPrimitives.Multiply(partLeft, (float)part.Scale, partLeft);
            for (int row = 0; row < shape.Matrices * shape.Rows; row++)
            {
                partLeft.AsSpan(row * part.Rank, part.Rank).CopyTo(left.AsSpan((row * rank) + before));
            }

            float[] partRight = part.Right.ToSingles(cancellationToken);
            int partSize = part.Rank * shape.Columns;
            for (int matrix = 0; matrix < shape.Matrices; matrix++)
            {
                partRight.AsSpan(matrix * partSize, partSize).CopyTo(right.AsSpan(((matrix * rank) + before) * shape.Columns));
            }

            before += part.Rank;
        }

        return new Opened(shape, rank, left, right);
    }

    private sealed class Opened(WeightShape shape, int rank, float[] left, float[] right) : IOpenStage
    {
        public void Apply(int matrix, int row, Span<float> values, DType? rounding)
        {
            int rows = values.Length / shape.Columns;
            ReadOnlySpan<float> tall = left.AsSpan(((matrix * shape.Rows) + row) * rank, rows * rank);
            ReadOnlySpan<float> wide = right.AsSpan(matrix * rank * shape.Columns, rank * shape.Columns);
            if (rounding is not { } dtype)
            {
                LowRankProduct.Compute(tall, wide, rank, shape.Columns, adds: true, values);
                return;
            }

            float[] buffer = ArrayPool<float>.Shared.Rent(values.Length);
            try
            {
                Span<float> delta = buffer.AsSpan(0, values.Length);
                LowRankProduct.Compute(tall, wide, rank, shape.Columns, adds: false, delta);
                RoundTo.Values(delta, dtype);
                TensorPrimitives.Add(values, delta, values);
                RoundTo.Values(values, dtype);
            }
            finally
            {
                ArrayPool<float>.Shared.Return(buffer);
            }
        }
    }
}
