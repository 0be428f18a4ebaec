namespace Transfuse.Conversion.Dialects;

/// <summary>Names of tensors, which are segments with dots between them.</summary>
internal static class TensorNames
{
    /// <summary>Whether a name has a segment behind its first.</summary>
    public static bool HasSegment(string name, string segment) =>
        name.EndsWith("." + segment, StringComparison.Ordinal) || name.Contains("." + segment + ".", StringComparison.Ordinal);
}
