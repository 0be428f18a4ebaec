using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Models.Steps;

/// <summary>
/// The layout in which PEFT stores factors of a parameter that holds all experts (PEFT 0.17 to 0.21, <c>ParamWrapper</c>):
/// A <c>(E r, a)</c> with experts slowest, B <c>(b, r E)</c> with experts fastest. All of it is bit-exact.
/// </summary>
internal static class PackedExperts
{
    /// <summary>Unpacks to A <c>(E, r, in)</c> and B <c>(E, out, r)</c>.</summary>
    /// <param name="a">The packed A.</param>
    /// <param name="b">The packed B.</param>
    /// <param name="experts">E.</param>
    /// <param name="actsOnInput">Whether A acts on the input; else it acts on the output, and A and B change places.</param>
    public static (LazyTensor A, LazyTensor B) Unpack(LazyTensor a, LazyTensor b, long experts, bool actsOnInput)
    {
        long rank = a.Shape[0] / experts;
        LazyTensor first = a.Reshape(new TensorShape(experts, rank, a.Shape[1]));
        LazyTensor second = b.Reshape(new TensorShape(b.Shape[0], rank, experts));
        return actsOnInput
            ? (first, second.Permute(2, 0, 1))
            : (second.Permute(2, 1, 0), first.Permute(0, 2, 1));
    }

    /// <summary>Packs A <c>(E, r, in)</c> and B <c>(E, out, r)</c>: the inverse of <see cref="Unpack"/>.</summary>
    public static (LazyTensor A, LazyTensor B) Pack(LazyTensor a, LazyTensor b, bool actsOnInput)
    {
        (LazyTensor first, LazyTensor second) = actsOnInput
            ? (a, b.Permute(1, 2, 0))
            : (b.Permute(0, 2, 1), a.Permute(2, 1, 0));
        return (
            first.Reshape(new TensorShape(first.Shape[0] * first.Shape[1], first.Shape[2])),
            second.Reshape(new TensorShape(second.Shape[0], second.Shape[1] * second.Shape[2])));
    }
}
