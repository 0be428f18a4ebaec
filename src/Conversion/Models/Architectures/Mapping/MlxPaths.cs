namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>Recognises MLX paths, also those of mlx-vlm and mlx-swift-lm, and writes them for these programs.</summary>
internal static class MlxPaths
{
    /// <summary>The address of a module, or <see langword="null"/> where no root fits.</summary>
    public static ModuleAddress? Resolve(Architecture architecture, string path)
    {
        foreach (string root in Roots(architecture))
        {
            if (HfPaths.TrySplit(path, root, out int layer, out string rest))
            {
                return new ModuleAddress(layer, rest, null, PathIndices.None);
            }
        }

        foreach (GlobalModule global in architecture.Globals)
        {
            foreach (string root in Roots(architecture))
            {
                PathIndices indices = PathIndices.None;
                if (global.Mlx is PathPattern pattern
                    && new PathPattern(Rebase(pattern.Path, architecture.Layers.Mlx, root)).TryMatch(path, out indices))
                {
                    return new ModuleAddress(null, pattern.Format(indices), global, indices);
                }
            }
        }

        return null;
    }

    /// <summary>The layers' path in a program, or <see langword="null"/> where it does not have the model.</summary>
    public static string? Root(Architecture architecture, MlxProgram program) => program switch
    {
        MlxProgram.SwiftLlm => architecture.Swift?.Llm,
        MlxProgram.SwiftVlm => architecture.Swift?.Vlm,
        MlxProgram.MlxVlm => architecture.Layers.MlxVlm,
        _ => architecture.Layers.Mlx,
    };

    /// <summary>A path with another root, judged by what comes before the last segment of the roots.</summary>
    public static string Rebase(string path, string from, string to)
    {
        (string source, string target) = (Stem(from), Stem(to));
        if (source == target || (source.Length > 0 && !path.StartsWith(source + ".", StringComparison.Ordinal)))
        {
            return path;
        }

        string rest = source.Length == 0 ? path : path[(source.Length + 1)..];
        return target.Length == 0 ? rest : target + "." + rest;
    }

    private static IEnumerable<string> Roots(Architecture architecture) =>
        Enum.GetValues<MlxProgram>().Select(program => Root(architecture, program)).OfType<string>().Distinct();

    private static string Stem(string root) => root.LastIndexOf('.') is int point and >= 0 ? root[..point] : "";
}
