using Transfuse.Apply.Backends;

namespace Transfuse.Apply.Models.Experts;

/// <summary>The experts of a mixture.</summary>
internal interface IExperts
{
    /// <summary>(tokens, k or 1, in) and the experts (tokens, k) to (tokens, k, out).</summary>
    BackendArray Forward(BackendArray x, BackendArray experts);
}
