using Transfuse.Conversion.Models.Bases;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>Says of a path that a model does not have what the model has in its place.</summary>
internal static class MissingModule
{
    private const int MostNamed = 16;

    /// <summary>The text for a path of transformers.</summary>
    public static string InTransformers(Architecture architecture, BaseConfig? config, string path) =>
        Towers.Of(path) is { } tower && config?.HasTowers != false ? InTower(architecture, tower)
        : HfPaths.Resolve(architecture, path) is { Layer: not null } address
            ? $"{architecture} has no such module; {Nearest(TransformersNames(architecture), address.Path)}"
        : Outside(architecture, architecture.Layers.HuggingFace, architecture.Globals.Select(global => global.Transformers5.Path));

    /// <summary>The text for a path of MLX.</summary>
    public static string InMlx(Architecture architecture, BaseConfig? config, string path) =>
        Towers.Of(path) is { } tower && config?.HasTowers != false ? InTower(architecture, tower)
        : MlxPaths.Resolve(architecture, path) is { Layer: not null } address
            ? $"{architecture} has no such module in MLX; {Nearest(architecture.Keys.Select(key => key.Path.Path), address.Path)}"
        : Outside(architecture, [architecture.Layers.Mlx], architecture.Globals.Select(global => global.Mlx?.Path).OfType<string>());

    private static string InTower(Architecture architecture, string tower) =>
        $"lies in {tower}, beside the language model of {architecture}: the table of architectures does not describe that part, so it was not judged";

    private static string Outside(Architecture architecture, IEnumerable<string> layers, IEnumerable<string> globals) =>
        $"{architecture} has no such module; its layers are {string.Join(" or ", layers.Distinct(StringComparer.Ordinal))}, and beside them it has "
        + $"{List(globals)}";

    // The paths of all rules and of what no rule leads to: both forms of experts are among them.
    private static IEnumerable<string> TransformersNames(Architecture architecture) =>
        architecture.Rules.Where(rule => rule.Source.InLayer).Select(rule => rule.Source.Path)
        .Concat(architecture.Keys.Where(key => !architecture.Rules.Any(rule => rule.Targets.Any(target => target.Path.Path == key.Path.Path)))
            .Select(key => key.Path.Path));

    private static string Nearest(IEnumerable<string> names, string path)
    {
        string[] known = [.. names.Select(General).Distinct(StringComparer.Ordinal)];
        string general = General(path);
        bool isExpert = general.Split('.').Contains("*");
        for (string parent = ParentOf(general); parent.Length > 0; parent = ParentOf(parent))
        {
            string[] below = [.. known.Where(name => name.StartsWith(parent + ".", StringComparison.Ordinal)).Select(name => name[(parent.Length + 1)..])];
            if (below is not [])
            {
                string[] single = [.. known.Where(name => isExpert && name.Contains(".*.", StringComparison.Ordinal)
                    && !name.StartsWith(parent + ".", StringComparison.Ordinal))];
                return $"{parent} has {List(below)}{(single is [] ? string.Empty : $", and a single expert is {List(single)}")}";
            }
        }

        return $"its layers have {List(known)}";
    }

    // Placeholders and indices alike.
    private static string General(string path) =>
        string.Join('.', path.Split('.').Select(segment => segment.StartsWith('{') || PathPattern.TryParseIndex(segment, out _) ? "*" : segment));

    private static string ParentOf(string path) => path[..Math.Max(0, path.LastIndexOf('.'))];

    private static string List(IEnumerable<string> names) => NameList.Of(names.Order(StringComparer.Ordinal).DefaultIfEmpty("none"), MostNamed);
}
