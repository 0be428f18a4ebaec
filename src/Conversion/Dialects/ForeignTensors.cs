using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Dialects;

/// <summary>
/// Tensors of an adapted module that are neither its factors nor its own: a layer that an adapter wraps has a weight and a bias, and scales and biases where
/// MLX quantized it. Another tensor of it is nobody's, such as a magnitude under a name that no program reads.
/// </summary>
internal static class ForeignTensors
{
    /// <summary>The kind of a tensor that is no factor, where its module is adapted.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="adapted">The paths of the adapted modules.</param>
    public static OtherTensor Name(OtherTensor tensor, IReadOnlySet<string> adapted)
    {
        int dot = tensor.Path.LastIndexOf('.');
        bool isForeign = tensor.Kind == OtherTensorKind.WholeModule && dot > 0
            && adapted.Contains(tensor.Path[..dot]) && tensor.Path[(dot + 1)..] is not ("weight" or "bias" or "scales" or "biases");
        return isForeign ? tensor with { Kind = OtherTensorKind.Unknown } : tensor;
    }
}
