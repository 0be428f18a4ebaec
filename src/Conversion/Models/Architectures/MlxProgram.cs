namespace Transfuse.Conversion.Models.Architectures;

/// <summary>The programs that hold an MLX model, where their module paths differ.</summary>
internal enum MlxProgram
{
    MlxLm,

    /// <summary>mlx-swift-lm, the class for text models.</summary>
    SwiftLlm,

    /// <summary>mlx-swift-lm, the class for vision-language models.</summary>
    SwiftVlm,

    MlxVlm,
}
