namespace Transfuse.Metadata.Adapters;

/// <summary>What a module's factors mean. Shapes cannot tell an MLX embedding from a Linear; the architecture table does.</summary>
/// <seealso cref="Transfuse.Metadata.Adapters.Adapter" />
public enum ModuleKind
{
    /// <summary>A Linear layer: A <c>(r, in)</c>, B <c>(out, r)</c>; the delta of its weight <c>(out, in)</c> is scale x B A.</summary>
    Linear,

    /// <summary>
    /// An embedding: A <c>(r, vocabulary)</c>, B <c>(dim, r)</c>; the delta of its weight <c>(vocabulary, dim)</c> is scale x (B A) transposed.
    /// </summary>
    Embedding,

    /// <summary>Stacked experts: A <c>(E, r, in)</c>, B <c>(E, out, r)</c>; the delta of expert e is scale x B[e] A[e].</summary>
    Experts,

    /// <summary>A convolution: A <c>(r, in, k...)</c>, B <c>(out, r, 1...)</c>. Only PEFT has it.</summary>
    Convolution,

    /// <summary>
    /// A parameter that PEFT adapts as it lies in transformers, several experts in one: A <c>(E r, in)</c> with experts slowest,
    /// B <c>(out, r E)</c> with experts fastest (PEFT 0.21, <c>ParamWrapper</c>). Not yet unpacked.
    /// </summary>
    PackedParameter,
}
