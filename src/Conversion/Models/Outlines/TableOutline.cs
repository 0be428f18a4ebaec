using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Models.Outlines;

/// <summary>
/// A model as the table of architectures describes it: which paths there are, and of their extents what config.json tells: the hidden size on one side of most,
/// the vocabulary, and the sizes of experts.
/// </summary>
/// <param name="architecture">The entry.</param>
/// <param name="config">The base's configuration, where it is known.</param>
/// <param name="root">The layers' path in the reader.</param>
/// <param name="shown">Number of layers that the adapter shows.</param>
internal sealed class TableOutline(Architecture architecture, BaseConfig? config, string root, long shown) : ModelOutline
{
    // Every architecture of the table that has a module of this name feeds it the hidden state, or adds what it gives to the hidden state.
    private static readonly string[] ReadHidden = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.up_proj"];
    private static readonly string[] WriteHidden = ["self_attn.o_proj", "mlp.down_proj"];

    private readonly long? _stated = config?.LayerCount(architecture);
    private readonly long? _hidden = Positive(config?.Dimension(architecture, ExpertDimension.Hidden));
    private readonly ArchitectureMap _map = new(architecture, config, allowLowConfidence: true);

    public override string Root => root;

    public override long LayerCount => _stated ?? shown;

    public override bool IsLayerCountKnown => _stated is not null;

    public override bool? HasExperts => architecture.Keys.Any(key => key.Kind == TargetKind.Switch);

    public override ModelSlot Find(string path)
    {
        if (TrySplit(path, out int layer, out string relative))
        {
            ModelSlot slot = IsLayerCountKnown && layer >= LayerCount ? ModelSlot.Absent : FindRelative(relative);
            return slot.State == SlotState.Adaptable ? ModelSlot.Adaptable(slot.Kind, ExtentOf(slot.Kind, layer, relative)) : slot;
        }

        foreach (GlobalModule global in architecture.Globals)
        {
            if (global.Mlx is { } pattern && new PathPattern(MlxPaths.Rebase(pattern.Path, architecture.Layers.Mlx, root)).TryMatch(path, out _))
            {
                return PlaceOf(global);
            }
        }

        return path == root || root.StartsWith(path + ".", StringComparison.Ordinal) ? ModelSlot.Container : IsNorm(path) ? ModelSlot.Fixed("a norm")
            : ModelSlot.Absent;
    }

    public override ModelSlot FindRelative(string path) =>
        RuleLookup.KindOf(architecture, path) is { } kind ? new ModelSlot(SlotState.Adaptable, kind)
        : RuleLookup.RefusalOf(architecture, path) is { } reason ? ModelSlot.Fixed(Reasons.Texts[reason])
        : architecture.Keys.Any(key => IsInside(key.Path.Path, path)) ? ModelSlot.Container
        : IsNorm(path) ? ModelSlot.Fixed("a norm")
        : ModelSlot.Absent;

    public override bool? HasParameter(string name)
    {
        string module = name.LastIndexOf('.') is int dot and > 0 ? name[..dot] : name;
        return Find(module).State switch
        {
            SlotState.Adaptable => name.EndsWith(".weight", StringComparison.Ordinal) ? true : null,
            SlotState.Absent when TrySplit(module, out int layer, out _) && IsLayerCountKnown && layer >= LayerCount => false,
            _ => null,
        };
    }

    private ModelSlot PlaceOf(GlobalModule global)
    {
        bool tied = global.Role == ModuleRole.Head && architecture.Tying.IsTiedInMlx(config) == true;
        return tied ? ModelSlot.Absent
            : global.Refused is { } reason ? ModelSlot.Fixed(Reasons.Texts[reason])
            : ModelSlot.Adaptable(global.Kind, global.Role == ModuleRole.None ? default : new ModuleExtent(null, Positive(config?.VocabularySize), _hidden));
    }

    private ModuleExtent ExtentOf(TargetKind kind, int layer, string relative)
    {
        if (config is null)
        {
            return default;
        }

        if (kind == TargetKind.Switch)
        {
            HfMapping mapping = _map.MapToHuggingFace($"{architecture.Layers.Mlx}.{layer}.{relative}", HfLayout.Transformers5);
            return new ModuleExtent(
                Positive(config.ExpertCount(architecture)),
                mapping is { Packed.Out: { } rows, Partners.Length: > 0 } ? rows / mapping.Partners.Length : null,
                mapping.Packed?.In);
        }

        return ReadHidden.Contains(relative) ? new ModuleExtent(null, null, _hidden)
            : WriteHidden.Contains(relative) ? new ModuleExtent(null, _hidden, null)
            : default;
    }

    private static long? Positive(long? value) => value > 0 ? value : null;

    /// <summary>Whether a pattern lies below a path; placeholders stand for any number.</summary>
    private static bool IsInside(string pattern, string path)
    {
        string[] outer = path.Split('.');
        string[] inner = pattern.Split('.');
        return inner.Length > outer.Length
            && outer.Zip(inner).All(pair => pair.First == pair.Second || (pair.Second is "{e}" or "{j}" && PathPattern.TryParseIndex(pair.First, out _)));
    }
}
