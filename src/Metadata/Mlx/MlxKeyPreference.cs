namespace Transfuse.Metadata.Mlx;

/// <summary>Which form new keys have in a folder, by the reader that it is for.</summary>
internal enum MlxKeyPreference
{
    /// <summary>Paths below a layer where these reach exactly the adapter's modules, else full paths: mlx-lm, which takes both.</summary>
    Exact,

    /// <summary>Full paths: mlx-vlm and Unsloth, which need them.</summary>
    FullPath,

    /// <summary>Paths below a layer, even where they reach more than the adapter's modules: mlx-swift-lm, which takes no others.</summary>
    Relative,
}
