using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Models.Bases;

/// <summary>Whose names and layout a base's tensors have.</summary>
internal static class BaseLayout
{
    /// <summary>
    /// The layout. A file says which program wrote it, and MLX's quantization needs no word; without one a name of MLX that transformers' files do not have
    /// tells.
    /// </summary>
    /// <param name="config">The base's configuration.</param>
    /// <param name="saysMlx">Whether a file's metadata names MLX.</param>
    /// <param name="names">Its tensors.</param>
    /// <param name="map">The base's architecture, where it is known.</param>
    public static ModelLayout Of(BaseConfig config, bool saysMlx, IEnumerable<string> names, ArchitectureMap? map) =>
        config.Quantization is not null || saysMlx || (map is not null && names.Any(name => IsOfMlx(name, map))) ? ModelLayout.Mlx : ModelLayout.HuggingFace;

    private static bool IsOfMlx(string name, ArchitectureMap map) =>
        map.MlxPathOf(name[..Math.Max(0, name.LastIndexOf('.'))]) is { } path && map.MapToHuggingFace(path, HfLayout.Checkpoint) is { Finding: null } mapping
        && mapping.Form is not (HfForm.Module or HfForm.Parameter) && map.MapTensor(name) is { IsExact: false };
}
