using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Models.Architectures;

/// <summary>Whether the output head and the embedding are one weight.</summary>
/// <param name="HuggingFaceDefault">What transformers 5.17 assumes where the configuration says nothing; <see langword="null"/> where unknown.</param>
/// <param name="Mlx">What mlx-lm 0.32 does.</param>
/// <param name="Field">The field of config.json.</param>
internal sealed record TyingRules(bool? HuggingFaceDefault, MlxTying Mlx, string Field)
{
    /// <summary>Whether transformers ties them; <see langword="null"/> where that is unknown.</summary>
    public bool? IsTiedInHuggingFace(BaseConfig? config) =>
        config is null ? null : config.TyingForHuggingFace(Field) ?? HuggingFaceDefault;

    /// <summary>Whether mlx-lm ties them; <see langword="null"/> where that is unknown.</summary>
    public bool? IsTiedInMlx(BaseConfig? config) => Mlx switch
    {
        MlxTying.Always => true,
        MlxTying.Never => false,
        _ when config is null => null,

        // transformers saves no head where it ties it, and mlx-lm ties it where the files have none.
        MlxTying.Weights => IsTiedInHuggingFace(config),
        MlxTying.ConfigOrTrue => config.TyingForMlx(Field) ?? true,
        MlxTying.ConfigOrFalse => config.TyingForMlx(Field) ?? false,
        _ => config.TyingForMlx(Field),
    };
}
