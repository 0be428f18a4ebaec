using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Verification;

/// <summary>
/// What stands before the layers in module paths. One model can have several such roots by the program that holds it; names alone do not tell whether two are
/// of one model.
/// </summary>
internal static class ModuleRoots
{
    /// <summary>
    /// The roots of two adapters that have the same modules but for their roots; <see langword="null"/> where their paths are equal, or differ otherwise too.
    /// </summary>
    public static (string First, string Second)? Differing(Adapter first, Adapter second)
    {
        if (Of(first) is not { } left || Of(second) is not { } right || left == right)
        {
            return null;
        }

        HashSet<string> paths = [.. first.Modules.Select(module => Below(module, left))];
        return paths.Count == first.Modules.Length && first.Modules.Length == second.Modules.Length
            && paths.SetEquals(second.Modules.Select(module => Below(module, right)))
            ? (left, right) : null;
    }

    /// <summary>A module's path without the root that stands before the layers; the whole path where there is none.</summary>
    /// <param name="module">The module.</param>
    /// <param name="root">The layers' path, such as <c>model.layers</c>.</param>
    public static string Below(AdapterModule module, string? root)
    {
        string before = root is null || root.LastIndexOf('.') is not (> 0 and var dot) ? string.Empty : root[..(dot + 1)];
        return module.FullPath.StartsWith(before, StringComparison.Ordinal) ? module.FullPath[before.Length..] : module.FullPath;
    }

    private static string? Of(Adapter adapter)
    {
        string[] roots = [.. adapter.Modules.Where(module => module.Path.IsInLayer).Select(module => module.Path.LayersRoot!).Distinct(StringComparer.Ordinal)];
        return roots is [string only] ? only : null;
    }
}
