namespace Transfuse.Conversion.Models.Outlines;

/// <summary>The paths around a module.</summary>
internal static class PathPrefixes
{
    /// <summary>All proper prefixes that end before a dot: of <c>a.b.c</c> these are <c>a</c> and <c>a.b</c>.</summary>
    public static IEnumerable<string> Of(string path)
    {
        for (int dot = path.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = path.IndexOf('.', dot + 1))
        {
            yield return path[..dot];
        }
    }
}
