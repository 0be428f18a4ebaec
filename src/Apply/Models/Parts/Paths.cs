namespace Transfuse.Apply.Models.Parts;

/// <summary>Paths of modules.</summary>
internal static class Paths
{
    /// <summary>A path with an index for its <c>{j}</c>.</summary>
    public static string Indexed(string path, int index) =>
        path.Replace("{j}", index.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <summary>Joins a path and one below it; <c>..</c> at its start leaves the last name of the first; either may be empty.</summary>
    public static string Join(string path, string? below)
    {
        if (below is not null && below.StartsWith("../", StringComparison.Ordinal))
        {
            return Join(path[..path.LastIndexOf('.')], below[3..]);
        }

        return string.IsNullOrEmpty(below) ? path : path.Length == 0 ? below : $"{path}.{below}";
    }
}
