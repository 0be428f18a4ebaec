namespace Transfuse.Apply.Quantization;

/// <summary>How MLX (0.31.2) writes a quantized matrix. Each group of consecutive elements of a row shares a scale.</summary>
/// <seealso cref="Transfuse.Apply.Backends.ITensorBackend" />
public enum QuantizationMode
{
    /// <summary>Unsigned integers times a scale plus a bias.</summary>
    Affine,

    /// <summary>E2M1 floats of 4 bits; 32 of them share a power of two (E8M0).</summary>
    MxFp4,

    /// <summary>E4M3 floats of 8 bits; 32 of them share a power of two (E8M0).</summary>
    MxFp8,

    /// <summary>E2M1 floats of 4 bits; 16 of them share an E4M3 scale.</summary>
    NvFp4,
}
