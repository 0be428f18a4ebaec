using Transfuse.Formats.Tensors.Nodes;

namespace Transfuse.Formats.Tensors;

/// <content>Operations that change values.</content>
/// <example>
/// <code>
/// LazyTensor turned = adapter.Modules[0].B.Transpose().Cast(DType.F32);
/// float[] values = turned.ToSingles(cancellationToken);   // read and computed now
/// </code>
/// </example>
public static partial class LazyTensorOperations
{
    /// <summary>
    /// Converts between float16, bfloat16, float32 and float64 with one rounding, to nearest with ties to even. What is too large becomes infinity:
    /// see <see cref="TensorProbe.Fits"/>. NaN stays NaN.
    /// </summary>
    /// <exception cref="ArgumentException">The types differ and one of them is not among the four.</exception>
    public static LazyTensor Cast(this LazyTensor source, DType dtype)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (dtype == source.DType)
        {
            return source;
        }

        source.RequireFactorFloat();
        if (!dtype.IsFactorFloat())
        {
            throw new ArgumentException(
                $"A tensor {source.DType.SafetensorsName()} {source.Shape} cannot become {dtype.SafetensorsName()}: not float16, bfloat16, float32 or float64.",
                nameof(dtype));
        }

        return source.Shape.ElementCount == 0 ? new ZeroTensor(dtype, source.Shape) : new CastTensor(source, dtype);
    }

    /// <summary>The elements of a tensor of eight-bit floats as bfloat16, which holds all of them exactly; any other tensor as it is.</summary>
    public static LazyTensor WidenEightBits(this LazyTensor source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return !source.DType.IsEightBitFloat()
            ? source
            : source.Shape.ElementCount == 0
            ? new ZeroTensor(DType.BF16, source.Shape)
            : new CastTensor(source, DType.BF16);
    }

    /// <summary>Multiplies every element by one factor. The result is float32: elements are converted first, then multiplied in float32.</summary>
    /// <exception cref="ArgumentException">Elements are not float16, bfloat16, float32 or float64, or the factor is not finite.</exception>
    public static LazyTensor Scale(this LazyTensor source, float factor)
    {
        ArgumentNullException.ThrowIfNull(source);
        source.RequireFactorFloat();
        source.RequireFinite([factor]);
        LazyTensor single = source.Cast(DType.F32);
        return factor == 1 || single.Shape.ElementCount == 0 ? single : new ScaleTensor(source, factor);
    }

    /// <summary>Multiplies each row by its own factor. The result is float32: elements are converted first, then multiplied in float32.</summary>
    /// <param name="source">(..., rows, columns); the factors are the same for all leading positions.</param>
    /// <param name="factors">One per row.</param>
    /// <exception cref="ArgumentException">There are not as many factors as rows, one is not finite, or elements are not float16, bfloat16, float32 or
    /// float64.</exception>
    public static LazyTensor ScaleRows(this LazyTensor source, ReadOnlySpan<float> factors)
    {
        ArgumentNullException.ThrowIfNull(source);
        source.RequireFactors(factors);
        return source.Shape.ElementCount == 0 ? new ZeroTensor(DType.F32, source.Shape) : new ScaleRowsTensor(source, [.. factors]);
    }

    /// <summary>
    /// Multiplies every element by 2^<paramref name="exponent"/> and keeps the element type. Exact where <see cref="TensorProbe.ScalesExactly"/> says so;
    /// elsewhere elements become infinite or lose bits.
    /// </summary>
    /// <exception cref="ArgumentException">Elements are not float16, bfloat16, float32 or float64.</exception>
    public static LazyTensor ScaleByPowerOfTwo(this LazyTensor source, int exponent)
    {
        ArgumentNullException.ThrowIfNull(source);
        source.RequireFactorFloat();
        return exponent == 0 || source.Shape.ElementCount == 0 ? source : new PowerOfTwoTensor(source, exponent);
    }

    private static void RequireFactors(this LazyTensor source, ReadOnlySpan<float> factors)
    {
        source.RequireFactorFloat();
        if (source.Shape.Rank < 2 || source.Shape[^2] != factors.Length)
        {
            throw new ArgumentException($"{factors.Length} factors do not fit the rows of {source.Shape}.", nameof(factors));
        }

        source.RequireFinite(factors);
    }

    private static void RequireFinite(this LazyTensor source, ReadOnlySpan<float> factors)
    {
        foreach (float factor in factors)
        {
            if (!float.IsFinite(factor))
            {
                throw new ArgumentException($"A tensor {source.Shape} cannot be scaled by {factor}.", nameof(factors));
            }
        }
    }
}
