using Transfuse.Conversion;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Apply.Saving;

/// <summary>What the caller decides about saving an adapter.</summary>
/// <example>
/// <code>
/// var live = new LiveModel { Parameters = parameters, Layers = [new LiveLayer("model.layers.0.self_attn.q_proj") { Scale = [2] }] };
/// AdapterSaver.Save(live, "adapters/trained", new SaveOptions { Target = TargetProfile.MlxSwift, Unfrozen = UnfrozenWeights.Leave });
/// </code>
/// </example>
public sealed record SaveOptions
{
    /// <summary>The reader to write for. Default: mlx-lm.</summary>
    public TargetProfile Target { get; init; } = TargetProfile.MlxLm;

    /// <summary>What holds for every conversion: base, dtype, whether to verify, and so on. Default: <see cref="ConversionOptions.Default"/>.</summary>
    public ConversionOptions Conversion { get; init; } = ConversionOptions.Default;

    /// <summary>Whether the folder may be replaced, and whether it must reach the disk. Default: neither.</summary>
    public AtomicFolderOptions Place { get; init; } = new();

    /// <summary>What becomes of weights that were trained beside the factors. Default: they are refused by name.</summary>
    public UnfrozenWeights Unfrozen { get; init; }

    /// <summary>
    /// Fields that the config is to have besides, such as the base's id in <c>model</c>. What it says of the factors is not taken: rank, scale, dropout, keys,
    /// layers and kind are written from the layers. Default: none.
    /// </summary>
    public JsonObject Config { get; init; } = JsonObject.Empty;

    /// <summary>
    /// The modules to save: the others are left out, and named. Default: what <see cref="Config"/> lists in <c>unsloth_mlx_lora_module_paths</c>; without
    /// entries all of them.
    /// </summary>
    public MlxTopology? Modules { get; init; }
}
