namespace Transfuse.Conversion.Models.Architectures;

/// <summary>How well an entry is confirmed.</summary>
internal enum Confidence
{
    /// <summary>Not confirmed against both programs: refused unless the caller allows it.</summary>
    Low,

    /// <summary>MLX names confirmed; Hugging Face names taken from code that is not part of transformers, or from one version.</summary>
    Medium,

    /// <summary>Names confirmed on both sides.</summary>
    High,
}
