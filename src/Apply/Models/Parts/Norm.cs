using Transfuse.Apply.Backends;

namespace Transfuse.Apply.Models.Parts;

/// <summary>RMS or layer normalisation over the last axis.</summary>
/// <param name="backend">What computes.</param>
/// <param name="centres">Layer normalisation, which subtracts the mean.</param>
/// <param name="weight">(d), or null.</param>
/// <param name="bias">(d), or null.</param>
/// <param name="epsilon">Added to the mean square.</param>
internal sealed class Norm(ITensorBackend backend, bool centres, Parameter? weight, Parameter? bias, float epsilon)
{
    /// <summary>What is added to the weight.</summary>
    public float Offset { get; init; }

    public BackendArray Forward(BackendArray x)
    {
        BackendArray? scale = weight?.Value;
        scale = scale is not null && Offset != 0 ? backend.Affine(scale, 1, Offset) : scale;
        return centres ? backend.LayerNorm(x, scale, bias?.Value, epsilon) : backend.RmsNorm(x, scale, epsilon);
    }
}
