using Transfuse.Apply.Fusing.Placing;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Fusing.Writing;

/// <summary>A tensor of the merged model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Tensor">A tensor of the base that is copied, or type and shape of one that is computed.</param>
/// <param name="Weight">The weight that it belongs to, where it is computed.</param>
/// <param name="Part">Which of the weight's tensors it is: 0 the values or codes, 1 the scales, 2 the biases.</param>
internal sealed record OutputTensor(string Name, LazyTensor Tensor, PlannedWeight? Weight = null, int Part = 0)
{
    /// <summary>The tensors of a planned weight.</summary>
    public static IEnumerable<OutputTensor> Of(PlannedWeight weight)
    {
        if (!weight.StaysQuantized)
        {
            yield return new OutputTensor(weight.Name, new ComputedWeight(weight.DType, weight.Shape), weight);
            yield break;
        }

        yield return Like(weight.Name, weight.Quantized!.Packed, 0);
        yield return Like(weight.Module + ".scales", weight.Quantized.Scales, 1);
        if (weight.Quantized.Biases is { } biases)
        {
            yield return Like(weight.Module + ".biases", biases, 2);
        }

        // What does not change keeps its codes: expanded and quantized again they would be others.
        OutputTensor Like(string name, LazyTensor tensor, int part) => weight.Stages.IsEmpty
            ? new OutputTensor(name, tensor)
            : new OutputTensor(
                name, new ComputedWeight(tensor.DType, weight.Rows is { } rows ? new TensorShape(rows, tensor.Shape[1]) : tensor.Shape), weight, part);
    }

    // Laid out like a tensor; its bytes are computed together with those of its weight's other tensors.
    private sealed class ComputedWeight(DType dtype, TensorShape shape) : LazyTensor(dtype, shape)
    {
        public override bool SupportsRanges => true;

        protected override void Produce(Span<byte> destination, CancellationToken cancellationToken) =>
            throw new NotSupportedException("The weight is computed in blocks.");
    }
}
