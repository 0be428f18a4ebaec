using Transfuse.Apply.Backends;

namespace Transfuse.Apply.Layers;

/// <summary>One linear map for each expert.</summary>
/// <param name="path">Its path in MLX.</param>
internal abstract class SwitchLayer(string path) : ModelLayer(path)
{
    /// <summary>(tokens, k or 1, in) and the int32 experts (tokens, k) to (tokens, k, out).</summary>
    public abstract BackendArray Forward(BackendArray x, BackendArray experts);
}
