using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Transfuse.Formats.Tensors.Buffers;
using Transfuse.Formats.Tensors.Probes;

namespace Transfuse.Formats.Tensors;

/// <summary>Questions about values, answered by reading a tensor once, in pieces where it serves ranges.</summary>
/// <remarks>All throw <see cref="OperationCanceledException"/> when asked to, and <see cref="TensorTooLargeException"/> where a tensor that serves no ranges
/// has more bytes than an array can have.</remarks>
internal static class TensorProbe
{
    /// <summary>Whether both have the same type, shape and bytes. One instance equals itself without being read.</summary>
    public static bool BytesEqual(LazyTensor left, LazyTensor right, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        if (ReferenceEquals(left, right))
        {
            return true;
        }

        if (left.DType != right.DType || left.Shape != right.Shape)
        {
            return false;
        }

        // Where only one side serves ranges, the other is held as a whole.
        (LazyTensor held, LazyTensor streamed) = left.SupportsRanges ? (right, left) : (left, right);
        using var whole = new TensorChunks(held, cancellationToken);
        using var pieces = new TensorChunks(streamed, cancellationToken);
        ReadOnlySpan<byte> rest = [];
        while (pieces.MoveNext())
        {
            if (rest.IsEmpty)
            {
                whole.MoveNext();
                rest = whole.Current;
            }

            if (!rest[..pieces.Current.Length].SequenceEqual(pieces.Current))
            {
                return false;
            }

            rest = rest[pieces.Current.Length..];
        }

        return true;
    }

    /// <summary>Whether every element is zero; for floating-point types also negative zero. A tensor without elements is.</summary>
    /// <exception cref="ArgumentException">Elements are smaller than a byte.</exception>
    public static bool IsAllZero(LazyTensor tensor, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        tensor.RequireWholeBytes();
        if (tensor.DType == DType.F8E8M0)
        {
            return tensor.ByteLength == 0;
        }

        ulong mask = ZeroBytes.MaskOf(tensor.DType);
        using var chunks = new TensorChunks(tensor, cancellationToken);
        while (chunks.MoveNext())
        {
            if (!ZeroBytes.IsZero(chunks.Current, mask))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether no element is infinite or NaN.</summary>
    /// <exception cref="ArgumentException">Elements are not float16, bfloat16, float32 or float64.</exception>
    public static bool IsFinite(LazyTensor tensor, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        tensor.RequireFactorFloat();
        if (tensor.TryView(out ReadOnlySpan<byte> bytes))
        {
            return FiniteBits.AllFinite(tensor.DType, bytes);
        }

        using var chunks = new TensorChunks(tensor, cancellationToken);
        while (chunks.MoveNext())
        {
            if (!FiniteBits.AllFinite(tensor.DType, chunks.Current))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The Frobenius norm, in double precision; NaN or infinite where a value is.</summary>
    /// <exception cref="ArgumentException">The type is no floating-point type that .NET computes with.</exception>
    public static double Norm(LazyTensor tensor, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var visitor = default(SumOfSquaresVisitor);
        ValueStream.Run(tensor, ref visitor, cancellationToken);
        return Math.Sqrt(visitor.Sum);
    }

    /// <summary>The largest magnitude: NaN if an element is NaN, else infinity if one is infinite; 0 without elements.</summary>
    /// <exception cref="ArgumentException">Elements are not float16, bfloat16, float32 or float64.</exception>
    public static double MaxMagnitude(LazyTensor tensor, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var visitor = default(MaxMagnitudeVisitor);
        ValueStream.Run(tensor, ref visitor, cancellationToken);
        return visitor.Largest;
    }

    /// <summary>Whether every finite element rounds to a finite one in another type. Infinity and NaN fit; a type of wider range is not read for it.</summary>
    /// <exception cref="ArgumentException">One of the types is not float16, bfloat16, float32 or float64.</exception>
    public static bool Fits(LazyTensor tensor, DType dtype, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        double overflow = FloatRange.OverflowOf(dtype);
        if (FloatRange.LargestOf(tensor.DType) < overflow)
        {
            return true;
        }

        var visitor = default(FiniteMagnitudeVisitor);
        ValueStream.Run(tensor, ref visitor, cancellationToken);
        return visitor.Largest < overflow;
    }

    /// <summary>The error of a cast relative to the tensor, in Frobenius norms; 0 for a tensor of zeros.</summary>
    /// <exception cref="ArgumentException">One of the types is not float16, bfloat16, float32 or float64.</exception>
    public static double CastError(LazyTensor tensor, DType dtype, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using var exact = new TensorChunks(tensor.Cast(DType.F64), cancellationToken);
        using var cast = new TensorChunks(tensor.Cast(dtype).Cast(DType.F64), cancellationToken);
        double squares = 0, errors = 0;
        while (exact.MoveNext() && cast.MoveNext())
        {
            ReadOnlySpan<double> left = MemoryMarshal.Cast<byte, double>(exact.Current), right = MemoryMarshal.Cast<byte, double>(cast.Current);
            double error = TensorPrimitives.Distance(left, right);
            squares += TensorPrimitives.SumOfSquares(left);
            errors += error * error;
        }

        return errors == 0 ? 0 : Math.Sqrt(errors / squares);
    }

    /// <summary>
    /// Whether multiplying by 2^<paramref name="exponent"/> in the tensor's own type neither overflows nor loses bits to underflow. Zeros, infinities and NaN
    /// always scale.
    /// </summary>
    /// <exception cref="ArgumentException">Elements are not float16, bfloat16, float32 or float64.</exception>
    public static bool ScalesExactly(LazyTensor tensor, int exponent, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        tensor.RequireFactorFloat();
        using var chunks = new TensorChunks(tensor, cancellationToken);
        while (exponent != 0 && chunks.MoveNext())
        {
            if (!ExactScaling.Survives(tensor.DType, chunks.Current, exponent))
            {
                return false;
            }
        }

        return true;
    }
}
