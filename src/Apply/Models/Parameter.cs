using Transfuse.Apply.Backends;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Models;

/// <summary>A small parameter of a model: read each time it is used, and let go.</summary>
/// <param name="backend">What reads it.</param>
/// <param name="tensor">Where it is.</param>
internal sealed class Parameter(ITensorBackend backend, LazyTensor tensor)
{
    /// <summary>The values in float32.</summary>
    public BackendArray Value => backend.Read(tensor);
}
