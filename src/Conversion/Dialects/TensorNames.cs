namespace Transfuse.Conversion.Dialects;

/// <summary>Names of tensors, which are segments with dots between them.</summary>
internal static class TensorNames
{
    /// <summary>Whether a name has a segment behind its first.</summary>
    public static bool HasSegment(string name, string segment)
    {
        for (int at = name.IndexOf(segment, StringComparison.Ordinal); at >= 0; at = name.IndexOf(segment, at + 1, StringComparison.Ordinal))
        {
            int end = at + segment.Length;
            if (at > 0 && name[at - 1] == '.' && (end == name.Length || name[end] == '.'))
            {
                return true;
            }
        }

        return false;
    }
}
