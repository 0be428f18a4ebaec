using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Checking.Mlx;

/// <summary>A model as the table of architectures describes it: which paths there are, not their extents.</summary>
/// <param name="architecture">The entry.</param>
/// <param name="config">The base's configuration, where it is known.</param>
/// <param name="root">The layers' path in the reader.</param>
/// <param name="shown">Number of layers that the adapter shows.</param>
internal sealed class TableMlxModel(Architecture architecture, BaseConfig? config, string root, long shown) : MlxModel
{
    private readonly long? _stated = config?.LayerCount(architecture);

    public override string Root => root;

    public override long LayerCount => _stated ?? shown;

    public override bool IsLayerCountKnown => _stated is not null;

    public override bool? HasExperts => architecture.Keys.Any(key => key.Kind == TargetKind.Switch);

    public override MlxPlace Find(string path)
    {
        if (TrySplit(path, out int layer, out string relative))
        {
            return IsLayerCountKnown && layer >= LayerCount ? MlxPlace.Absent : FindRelative(relative);
        }

        foreach (GlobalModule global in architecture.Globals)
        {
            if (global.Mlx is { } pattern && new PathPattern(MlxPaths.Rebase(pattern.Path, architecture.Layers.Mlx, root)).TryMatch(path, out _))
            {
                return PlaceOf(global);
            }
        }

        return path == root || root.StartsWith(path + ".", StringComparison.Ordinal) ? MlxPlace.Container : IsNorm(path) ? MlxPlace.Fixed("a norm") : MlxPlace.Absent;
    }

    public override MlxPlace FindRelative(string path) =>
        RuleLookup.KindOf(architecture, path) is { } kind ? new MlxPlace(MlxPlaceState.Adaptable, kind)
        : RuleLookup.RefusalOf(architecture, path) is { } reason ? MlxPlace.Fixed(Reasons.Texts[reason])
        : architecture.Keys.Any(key => IsInside(key.Path.Path, path)) ? MlxPlace.Container
        : IsNorm(path) ? MlxPlace.Fixed("a norm")
        : MlxPlace.Absent;

    public override bool? HasParameter(string name)
    {
        string module = name.LastIndexOf('.') is int dot and > 0 ? name[..dot] : name;
        return Find(module).State switch
        {
            MlxPlaceState.Adaptable => name.EndsWith(".weight", StringComparison.Ordinal) ? true : null,
            MlxPlaceState.Absent when TrySplit(module, out int layer, out _) && IsLayerCountKnown && layer >= LayerCount => false,
            _ => null,
        };
    }

    private MlxPlace PlaceOf(GlobalModule global)
    {
        bool tied = global.Role == ModuleRole.Head && architecture.Tying.IsTiedInMlx(config) == true;
        return tied ? MlxPlace.Absent
            : global.Refused is { } reason ? MlxPlace.Fixed(Reasons.Texts[reason])
            : new MlxPlace(MlxPlaceState.Adaptable, global.Kind);
    }

    /// <summary>Whether a pattern lies below a path; placeholders stand for any number.</summary>
    private static bool IsInside(string pattern, string path)
    {
        string[] outer = path.Split('.');
        string[] inner = pattern.Split('.');
        return inner.Length > outer.Length
            && outer.Zip(inner).All(pair => pair.First == pair.Second || (pair.Second is "{e}" or "{j}" && PathPattern.TryParseIndex(pair.First, out _)));
    }
}
