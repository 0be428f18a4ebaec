using Transfuse.Formats.Json;

namespace Transfuse.Metadata.Peft;

/// <summary>Writes the <c>target_modules</c> that names the modules of an adapter.</summary>
internal static class PeftTargetWriter
{
    /// <summary>A list of whole paths, sorted (ordinal): a last name would also reach modules of the model that the adapter leaves out.</summary>
    /// <param name="paths">The paths of the adapter's modules.</param>
    public static JsonArray Write(IEnumerable<string> paths) => JsonArray.Of(paths.Distinct().Order(StringComparer.Ordinal));
}
