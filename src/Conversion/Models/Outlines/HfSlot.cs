using Transfuse.Conversion.Models.Architectures.Mapping;

namespace Transfuse.Conversion.Models.Outlines;

/// <summary>What a transformers model has at a path.</summary>
/// <param name="IsAbsent">Whether it is known that nothing is there.</param>
/// <param name="Form">What is there, where that is known.</param>
/// <param name="IsEmbedding">Whether it is an embedding; <see langword="null"/> where unknown.</param>
/// <param name="Inputs">Extent of the input, of an embedding its vocabulary; <see langword="null"/> where unknown.</param>
/// <param name="Outputs">Extent of the output; <see langword="null"/> where unknown.</param>
internal readonly record struct HfSlot(bool IsAbsent, HfForm? Form = null, bool? IsEmbedding = null, long? Inputs = null, long? Outputs = null)
{
    public static HfSlot Absent { get; } = new(true);

    public static HfSlot Unknown { get; } = new(false);
}
