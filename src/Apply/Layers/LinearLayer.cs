using Transfuse.Apply.Backends;

namespace Transfuse.Apply.Layers;

/// <summary>A linear map.</summary>
/// <param name="path">Its path in MLX.</param>
internal abstract class LinearLayer(string path) : ModelLayer(path)
{
    /// <summary>(..., in) to (..., out).</summary>
    public abstract BackendArray Forward(BackendArray x);
}
