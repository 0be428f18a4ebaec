namespace Transfuse.Formats.Tensors;

/// <summary>
/// The element types of the safetensors reference implementation (crate 0.8), in its ascending order,
/// which decides the order of tensors in a written file.
/// </summary>
/// <example>
/// <code>
/// ConversionOptions options = new() { DType = DType.BF16 };
/// </code>
/// </example>
public enum DType
{
    /// <summary>One byte, 0 or 1.</summary>
    Bool,

    /// <summary>Four-bit float, two per byte.</summary>
    F4,

    /// <summary>Six-bit float, 2 exponent and 3 mantissa bits.</summary>
    F6E2M3,

    /// <summary>Six-bit float, 3 exponent and 2 mantissa bits.</summary>
    F6E3M2,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>Eight-bit float, 5 exponent and 2 mantissa bits.</summary>
    F8E5M2,

    /// <summary>Eight-bit float, 4 exponent and 3 mantissa bits.</summary>
    F8E4M3,

    /// <summary>Eight-bit power-of-two scale.</summary>
    F8E8M0,

    /// <summary>Eight-bit float E4M3 without infinities and without a negative zero.</summary>
    F8E4M3Fnuz,

    /// <summary>Eight-bit float E5M2 without infinities and without a negative zero.</summary>
    F8E5M2Fnuz,

    /// <summary>Signed 16-bit integer.</summary>
    I16,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16,

    /// <summary>IEEE 754 half precision.</summary>
    F16,

    /// <summary>bfloat16: the upper half of a float32.</summary>
    BF16,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32,

    /// <summary>IEEE 754 single precision.</summary>
    F32,

    /// <summary>A pair of float32: real and imaginary part.</summary>
    C64,

    /// <summary>IEEE 754 double precision.</summary>
    F64,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64,
}
