using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Readers;

/// <summary>
/// A program that loads adapters: what it accepts, under which path it holds a model, what it offers of one, what its keys reach, and what it does with a
/// folder.
/// Writing, repair and checking ask the same reader, so that they cannot disagree.
/// </summary>
/// <param name="profile">What it accepts, as data.</param>
internal abstract class Reader(TargetProfile profile)
{
    /// <summary>What it accepts.</summary>
    public TargetProfile Profile => profile;

    /// <summary>Its name on the command line.</summary>
    public string Name => profile.Name;

    /// <summary>Its name in messages about models.</summary>
    public virtual string Program => Name;

    /// <summary>Whether Python's <c>json</c> reads its configs, with all that it takes.</summary>
    public virtual bool IsPython => true;

    /// <summary>Whether MLX loads its weights, which passes over what follows the tensors.</summary>
    public bool IsMlx => profile.Dialect == AdapterDialect.Mlx;

    /// <summary>Whether it holds some models under other paths than mlx-lm.</summary>
    public virtual bool HoldsElsewhere => false;

    /// <summary>Whether it looks for <c>lora_parameters</c> before it looks at the kind of fine-tune, in whole weights too.</summary>
    public virtual bool NeedsLoraParameters => false;

    /// <summary>The layers' path of a model in it; <see langword="null"/> where it does not have the model. Meaningless for readers of PEFT folders.</summary>
    public virtual string? RootOf(Architecture architecture) => architecture.Layers.Mlx;

    /// <summary>All layers' paths that a folder for it may have, as its classes of one model differ. Default: the one that is written.</summary>
    public virtual IEnumerable<string?> RootsOf(Architecture architecture) => [RootOf(architecture)];

    /// <summary>The module below a layer to which its keys are relative; <see langword="null"/> where they are relative to the layer.</summary>
    public virtual string? KeysBelow(Architecture architecture) => null;

    /// <summary>The MLX path of a transformers module that it adapts and mlx-lm does not; else <see langword="null"/>.</summary>
    /// <param name="path">The module's path in transformers.</param>
    /// <param name="architecture">The model.</param>
    public virtual string? OwnPathOf(string path, Architecture architecture) => null;

    /// <summary>Names what it does otherwise than mlx-lm with a model that it has, whichever modules are adapted.</summary>
    public virtual void DescribeModel(Architecture architecture, FindingLog log)
    {
    }

    /// <summary>Whether it adapts a module as mlx-lm does; where not, and where only some releases do, with a finding.</summary>
    public virtual bool Offers(AdapterModule module, Architecture architecture, FindingLog log) => true;

    /// <summary>Which modules of a model a config makes it wrap; <see langword="null"/> where no keys but PEFT's targets decide.</summary>
    /// <param name="keys">The keys, or <see langword="null"/> where the config has none.</param>
    /// <param name="numLayers"><c>num_layers</c>.</param>
    /// <param name="outline">The model.</param>
    /// <param name="isDora">Whether the wrappers are DoRA's.</param>
    /// <param name="architecture">The model's entry in the table, where it is known.</param>
    public virtual ModuleReach? Reach(IEnumerable<string>? keys, long numLayers, ModelOutline outline, bool isDora, Architecture? architecture) => null;

    /// <summary>Reports everything that keeps a folder from loading as intended.</summary>
    public abstract void Check(CheckContext context);
}
