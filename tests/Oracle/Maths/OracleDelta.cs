namespace Transfuse.Oracle;

/// <summary>What an adapter adds to one weight: W becomes W + Delta, and with a magnitude its rows then get that length.</summary>
/// <param name="Path">Parameter path (PEFT) or module path (MLX).</param>
/// <param name="Delta">In the layout of the weight.</param>
/// <param name="Rank">Rank of the factors; of one expert for experts.</param>
/// <param name="Scale">The multiplier that is already inside the delta.</param>
/// <param name="Magnitude">DoRA's m, or null.</param>
public sealed record OracleDelta(string Path, DenseArray Delta, long Rank, double Scale, DenseArray? Magnitude = null)
{
    /// <summary>The weight with this delta, and DoRA where it applies.</summary>
    public DenseArray ApplyTo(DenseArray weight) =>
        Magnitude is null ? Dense.Add(weight, Delta) : Dora.Effective(weight, Delta, Magnitude);
}
