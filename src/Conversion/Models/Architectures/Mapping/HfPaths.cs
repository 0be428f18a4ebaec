namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>
/// Recognises the roots of Hugging Face paths: all spellings of the table, these without their first segment (adapters
/// that were trained on the bare model), and with one <c>model.</c> too many or too few.
/// </summary>
internal static class HfPaths
{
    private const string Model = "model.";

    /// <summary>The address of a module or parameter path, or <see langword="null"/> where no root fits.</summary>
    public static ModuleAddress? Resolve(Architecture architecture, string path)
    {
        string other = path.StartsWith(Model, StringComparison.Ordinal) ? path[Model.Length..] : Model + path;
        return Find(architecture, path, root => root)
            ?? Find(architecture, other, root => root)
            ?? Find(architecture, path, WithoutFirst)
            ?? Find(architecture, other, WithoutFirst);
    }

    /// <summary>Whether a path has a root as the table spells it, so that the model itself has modules of such names.</summary>
    public static bool IsExact(Architecture architecture, string path) => Find(architecture, path, root => root) is not null;

    /// <summary>Splits a path below a list of layers into index and rest.</summary>
    public static bool TrySplit(string path, string root, out int layer, out string rest)
    {
        layer = 0;
        rest = "";
        if (path.Length <= root.Length + 1 || path[root.Length] != '.' || !path.StartsWith(root, StringComparison.Ordinal))
        {
            return false;
        }

        int start = root.Length + 1;
        int end = path.IndexOf('.', start);
        if (end < 0 || !PathPattern.TryParseIndex(path.AsSpan(start, end - start), out layer))
        {
            return false;
        }

        rest = path[(end + 1)..];
        return rest.Length > 0;
    }

    private static ModuleAddress? Find(Architecture architecture, string path, Func<string, string?> spell)
    {
        foreach (string root in architecture.Layers.HuggingFace)
        {
            if (spell(root) is string spelled && TrySplit(path, spelled, out int layer, out string rest))
            {
                return new ModuleAddress(layer, rest, null, PathIndices.None);
            }
        }

        string module = path.EndsWith(".weight", StringComparison.Ordinal) ? path[..^".weight".Length] : path;
        foreach (GlobalModule global in architecture.Globals)
        {
            foreach (PathPattern pattern in global.HuggingFace)
            {
                if (spell(pattern.Path) is string spelled && new PathPattern(spelled).TryMatch(module, out PathIndices indices))
                {
                    return new ModuleAddress(null, global.Transformers5.Format(indices), global, indices);
                }
            }
        }

        return null;
    }

    private static string? WithoutFirst(string root) => root.IndexOf('.', StringComparison.Ordinal) is int point and >= 0 ? root[(point + 1)..] : null;
}
