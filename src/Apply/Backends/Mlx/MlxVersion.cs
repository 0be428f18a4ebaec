namespace Transfuse.Apply.Backends.Mlx;

/// <summary>
/// Which mlx-c a library is, by what it exports: it has no function for its own version, and a call with an older signature corrupts memory.
/// The steps are those of mlx-c's tags (0.1.2 to 0.6.0 and the commit after it, fba4470).
/// </summary>
internal static class MlxVersion
{
    /// <summary>The oldest that is used: its quantize and dequantize have the signatures that are called.</summary>
    public const string Oldest = "0.6.0";

    // Newest first; each export is absent before its version.
    private static readonly (string Export, string Version)[] Steps =
    [
        ("mlx_load_gguf", "0.6.0 or later"),
        ("mlx_bartlett", "0.6.0"),
        ("mlx_array_new_data_managed", "0.5.0"),
        ("mlx_qqmm", "0.4.1"),
        ("mlx_full_like", "0.4.0"),
        ("mlx_segmented_mm", "0.3.0"),
        ("mlx_version", "0.2.0"),
        ("mlx_array_free", "older than 0.2.0"),
    ];

    /// <summary>The version, or <see langword="null"/> where it is no mlx-c.</summary>
    /// <param name="exports">Whether the library exports a name.</param>
    public static string? Of(Func<string, bool> exports)
    {
        foreach ((string export, string version) in Steps)
        {
            if (exports(export))
            {
                return version;
            }
        }

        return null;
    }

    /// <summary>Whether a version is new enough.</summary>
    public static bool IsUsable(string version) => version.StartsWith(Oldest, StringComparison.Ordinal);
}
