namespace Transfuse.Apply.Fusing;

/// <summary>A weight of the base that the adapters change.</summary>
/// <param name="Name">The tensor's name in the base.</param>
/// <param name="Change">What is done to it, such as <c>rank 8 x 2</c>.</param>
/// <seealso cref="Transfuse.Apply.Fusing.ModelFusion" />
public sealed record FusedWeight(string Name, string Change)
{
    /// <summary>How the weight is stored in the output: a dtype, or a quantized form.</summary>
    public required string Form { get; init; }

    /// <summary>
    /// How far the realised change is from the wanted one, after rounding or quantization: the Frobenius norm of the difference over that of the wanted
    /// change. 0 is exact; 1 is as far as if nothing had changed. <see langword="null"/> where it was not computed.
    /// </summary>
    public double? Loss { get; init; }

    /// <summary>Whether the weight was quantized in the base and is not any more, so as not to lose the change.</summary>
    public bool IsKeptPrecise { get; init; }
}
