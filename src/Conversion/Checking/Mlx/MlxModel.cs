using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Checking.Mlx;

/// <summary>An MLX model as a reader holds it: what is at which path.</summary>
internal abstract class MlxModel
{
    /// <summary>The path of the list of decoder layers, such as <c>model.layers</c>.</summary>
    public abstract string Root { get; }

    /// <summary>Number of decoder layers; where it is not known, as many as the adapter shows.</summary>
    public abstract long LayerCount { get; }

    public abstract bool IsLayerCountKnown { get; }

    /// <summary>What is at a path from the root of the model.</summary>
    public abstract MlxPlace Find(string path);

    /// <summary>What is at a path below the layers, in whichever layer has it.</summary>
    public abstract MlxPlace FindRelative(string path);

    /// <summary>Whether the model has a parameter of this name; <see langword="null"/> where that is not known.</summary>
    public abstract bool? HasParameter(string name);

    /// <summary>Extents of a parameter; <see langword="null"/> where they are not known.</summary>
    public virtual IReadOnlyList<long>? ShapeOf(string name) => null;

    /// <summary>Whether any layer has stacked experts; <see langword="null"/> where that is not known.</summary>
    public abstract bool? HasExperts { get; }

    /// <summary>Splits a path below the layers.</summary>
    public bool TrySplit(string path, out int layer, out string relative) => HfPaths.TrySplit(path, Root, out layer, out relative);

    /// <summary>Norms are called so in every model, and none can be wrapped.</summary>
    protected static bool IsNorm(string path) => ModulePath.LeafOf(path).Contains("norm", StringComparison.OrdinalIgnoreCase);
}
