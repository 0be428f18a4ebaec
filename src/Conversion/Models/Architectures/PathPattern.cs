using System.Globalization;

namespace Transfuse.Conversion.Models.Architectures;

/// <summary>
/// A path of the table with placeholders: <c>{L}</c> at its start stands for the layers' root and an index,
/// <c>{e}</c> for an expert index, <c>{j}</c> for the index of a sub-module.
/// </summary>
internal sealed class PathPattern
{
    private const string LayerPrefix = "{L}.";
    private readonly string[] _segments;

    public PathPattern(string text)
    {
        InLayer = text.StartsWith(LayerPrefix, StringComparison.Ordinal);
        Path = InLayer ? text[LayerPrefix.Length..] : text;
        _segments = Path.Split('.');
        HasExpert = _segments.Contains("{e}");
    }

    /// <summary>Whether the pattern lies inside a layer.</summary>
    public bool InLayer { get; }

    /// <summary>Whether the pattern names one expert of several.</summary>
    public bool HasExpert { get; }

    /// <summary>The pattern relative to the layer, or from the root of the model.</summary>
    public string Path { get; }

    /// <summary>The path that holds a parameter: without the last segment.</summary>
    public string Parent => Path[..Path.LastIndexOf('.')];

    /// <summary>Whether a path, relative in the same way, fits.</summary>
    public bool TryMatch(string path, out PathIndices indices)
    {
        indices = PathIndices.None;
        ReadOnlySpan<char> rest = path;
        for (int i = 0; i < _segments.Length; i++)
        {
            // Each segment but the last ends with a dot; many patterns are tried on each path, so that none is split.
            int end = rest.IndexOf('.');
            if (end < 0 != (i == _segments.Length - 1))
            {
                return false;
            }

            ReadOnlySpan<char> segment = end < 0 ? rest : rest[..end];
            rest = rest[(end + 1)..];
            switch (_segments[i])
            {
                case "{e}" when TryParseIndex(segment, out int expert):
                    indices = indices with { Expert = expert };
                    break;
                case "{j}" when TryParseIndex(segment, out int item):
                    indices = indices with { Item = item };
                    break;
                default:
                    if (!segment.SequenceEqual(_segments[i]))
                    {
                        return false;
                    }

                    break;
            }
        }

        return true;
    }

    /// <summary>The path with numbers for its placeholders.</summary>
    public string Format(PathIndices indices) => Path
        .Replace("{e}", indices.Expert.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{j}", indices.Item.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <summary>Reads an index as models write it: decimal, without sign or leading zeros, at most nine digits.</summary>
    public static bool TryParseIndex(ReadOnlySpan<char> text, out int index)
    {
        index = 0;
        return text.Length is > 0 and <= 9
            && (text.Length == 1 || text[0] != '0')
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index);
    }

    public override string ToString() => InLayer ? LayerPrefix + Path : Path;
}
