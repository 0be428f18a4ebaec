using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Models.Outlines;

/// <summary>
/// What a base model has at which path, in MLX's names: from the headers of its weights, else from the table and its config, else from an adapter. The one
/// answer for checking, conversion and repair.
/// </summary>
internal abstract class ModelOutline
{
    /// <summary>The best outline of a model that the table has: from its weights where they can be read, else from the table.</summary>
    /// <param name="architecture">The entry.</param>
    /// <param name="config">The base's configuration, where it is known.</param>
    /// <param name="weights">The base's weights, where they are there.</param>
    /// <param name="root">The layers' path in the reader.</param>
    /// <param name="shownLayers">Number of layers that the adapter shows, for a base that does not tell.</param>
    public static ModelOutline Of(Architecture architecture, BaseConfig? config, BaseWeights? weights, string root, long shownLayers) =>
        config is not null && weights is not null && WeightsOutline.Of(architecture, config, weights, root) is { IsUsable: true } exact
            ? exact
            : new TableOutline(architecture, config, root, shownLayers);

    /// <summary>The path of the list of decoder layers, such as <c>model.layers</c>.</summary>
    public abstract string Root { get; }

    /// <summary>Number of decoder layers; where it is not known, as many as the adapter shows.</summary>
    public abstract long LayerCount { get; }

    public abstract bool IsLayerCountKnown { get; }

    /// <summary>Whether the base's own weights tell which layer has which modules; the table names those of any layer.</summary>
    public virtual bool IsExact => false;

    /// <summary>What is at a path from the root of the model.</summary>
    public abstract ModelSlot Find(string path);

    /// <summary>What is at a path below the layers, in whichever layer has it.</summary>
    public abstract ModelSlot FindRelative(string path);

    /// <summary>Whether the model has a parameter of this name; <see langword="null"/> where that is not known.</summary>
    public abstract bool? HasParameter(string name);

    /// <summary>Extents of a parameter; <see langword="null"/> where they are not known.</summary>
    public virtual ImmutableArray<long>? ShapeOf(string name) => null;

    /// <summary>Whether any layer has stacked experts; <see langword="null"/> where that is not known.</summary>
    public abstract bool? HasExperts { get; }

    /// <summary>Splits a path below the layers.</summary>
    public bool TrySplit(string path, out int layer, out string relative) => HfPaths.TrySplit(path, Root, out layer, out relative);

    /// <summary>Norms are called so in every model, and none can be wrapped.</summary>
    protected static bool IsNorm(string path) => ModulePath.LeafOf(path).Contains("norm", StringComparison.OrdinalIgnoreCase);
}
