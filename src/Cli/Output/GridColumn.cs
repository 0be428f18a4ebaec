namespace Transfuse.Cli.Output;

/// <summary>A column of the grid: a module's path below its layer, with a star for the numbers of experts.</summary>
/// <param name="Path">The whole path.</param>
/// <param name="Group">The path without the last segment; empty for a path of one segment.</param>
/// <param name="Leaf">The last segment.</param>
internal readonly record struct GridColumn(string Path, string Group, string Leaf)
{
    public static GridColumn Of(string path)
    {
        int dot = path.LastIndexOf('.');
        return new GridColumn(path, dot < 0 ? string.Empty : path[..dot], path[(dot + 1)..]);
    }
}
