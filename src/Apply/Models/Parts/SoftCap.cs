using Transfuse.Apply.Backends;

namespace Transfuse.Apply.Models.Parts;

/// <summary>cap * tanh(x / cap): scores that level off at a cap.</summary>
internal static class SoftCap
{
    /// <summary>Caps scores; a cap of 0 is none.</summary>
    public static BackendArray Apply(ITensorBackend backend, BackendArray x, float cap) =>
        cap == 0 ? x : backend.Affine(backend.Apply(UnaryOperation.Tanh, backend.Divide(x, backend.FromSingles([cap], 1))), cap, 0);
}
