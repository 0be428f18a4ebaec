using System.Buffers;
using System.Numerics.Tensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Verification;

/// <summary>
/// One factor of a module in two adapters, or in one: A, or B times the scale. It is read in pieces, so that memory does not depend on how large it is;
/// bytes are compared as they come, and only where they differ is a difference computed.
/// </summary>
internal sealed class FactorPair
{
    /// <summary>The most bytes of one adapter that are read at a time.</summary>
    public const int ReadBytes = 4 << 20;

    /// <summary>Bytes of each vector that are read at least: runs shorter than this are not read alone.</summary>
    public const int RunBytes = 4096;

    private readonly LazyTensor _first;
    private readonly LazyTensor? _second;
    private readonly double _firstScale;
    private readonly double _secondScale;

    /// <summary>Makes a pair.</summary>
    /// <param name="first">The first adapter's factor, <c>(r, n)</c>: r vectors of length n; for experts <c>(E, r, n)</c>.</param>
    /// <param name="second">The second adapter's, with as many axes; <see langword="null"/> where there is none, which is not the same as zeros.</param>
    /// <param name="scales">What each is multiplied by.</param>
    public FactorPair(LazyTensor first, LazyTensor? second, (float First, float Second) scales)
    {
        _first = first;
        _second = second;
        (_firstScale, _secondScale) = scales;
        HasSameForm = second is null || (first.DType == second.DType && first.Shape == second.Shape && scales.First == scales.Second);
        FirstVectors = checked((int)first.Shape[^2]);
        SecondVectors = checked((int)(second?.Shape[^2] ?? 0));
        Length = first.Shape[^1];
        Experts = first.Shape.Rank == 3 ? checked((int)first.Shape[0]) : 1;
        ExpertBytes = Math.Max(first.ByteLength, second?.ByteLength ?? 0) / Math.Max(1, Experts);
    }

    /// <summary>Whether the two have the same type, shape and scale, so that equal bytes mean equal factors.</summary>
    public bool HasSameForm { get; }

    /// <summary>The larger of the two ranks.</summary>
    public int Vectors => Math.Max(FirstVectors, SecondVectors);

    /// <summary>Number of experts; 1 where there are none.</summary>
    public int Experts { get; }

    /// <summary>Length of each vector.</summary>
    public long Length { get; }

    /// <summary>Bytes of one expert's factor in the adapter that has more of them.</summary>
    public long ExpertBytes { get; }

    private int FirstVectors { get; }

    private int SecondVectors { get; }

    /// <summary>Reads some experts, piece by piece.</summary>
    /// <param name="firstExpert">First expert.</param>
    /// <param name="experts">How many; more than one only where they fit <see cref="ReadBytes"/> together.</param>
    /// <param name="piece">Filled with each piece.</param>
    /// <param name="visit">Given each expert's number, counted from the first one read, when the piece is filled.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public void Read(int firstExpert, int experts, FactorPiece piece, Action<int> visit, CancellationToken cancellationToken)
    {
        long columns = Columns();
        for (long start = 0; start < Length; start += columns)
        {
            int count = (int)Math.Min(columns, Length - start);
            byte[] left = Read(_first, firstExpert, experts, start, count, out int leftBytes, cancellationToken);
            byte[]? right = null;
            try
            {
                int rightBytes = 0;
                if (_second is not null && !IsShared)
                {
                    right = Read(_second, firstExpert, experts, start, count, out rightBytes, cancellationToken);
                }

                for (int expert = 0; expert < experts; expert++)
                {
                    Visit(Part(left, leftBytes, expert, experts), Part(right, rightBytes, expert, experts), count, piece, () => visit(expert),
                        cancellationToken);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(left);
                if (right is not null)
                {
                    ArrayPool<byte>.Shared.Return(right);
                }
            }
        }
    }

    /// <summary>Whether both have the same form and the same bytes, and all values are finite. Reading ends where they part.</summary>
    public bool IsBitEqual(CancellationToken cancellationToken)
    {
        if (_second is null || !HasSameForm || !double.IsFinite(_firstScale))
        {
            return false;
        }

        int together = (int)Math.Clamp(ReadBytes / Math.Max(1, ExpertBytes), 1, Experts);
        for (int expert = 0; expert < Experts; expert += together)
        {
            int experts = Math.Min(together, Experts - expert);
            long columns = Columns();
            for (long start = 0; start < Length; start += columns)
            {
                if (!IsBitEqual(_second, expert, experts, start, (int)Math.Min(columns, Length - start), cancellationToken))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private bool IsBitEqual(LazyTensor second, int expert, int experts, long start, int count, CancellationToken cancellationToken)
    {
        byte[] left = Read(_first, expert, experts, start, count, out int length, cancellationToken);
        byte[]? right = null;
        try
        {
            right = IsShared ? left : Read(second, expert, experts, start, count, out _, cancellationToken);
            ReadOnlySpan<byte> bytes = left.AsSpan(0, length);
            return bytes.SequenceEqual(right.AsSpan(0, length)) && TensorValues.AllFinite(_first.DType, bytes);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(left);
            if (right is not null && right != left)
            {
                ArrayPool<byte>.Shared.Return(right);
            }
        }
    }

    // One tensor is equal to itself without being read twice.
    private bool IsShared => HasSameForm && ReferenceEquals(_first, _second);

    private static ReadOnlySpan<byte> Part(byte[]? bytes, int length, int part, int parts) => bytes.AsSpan(part * (length / parts), length / parts);

    private static byte[] Read(LazyTensor factor, int firstExpert, int experts, long start, int count, out int length, CancellationToken cancellationToken)
    {
        LazyTensor ofExperts = factor.Shape.Rank == 3 ? factor.Slice(0, firstExpert, experts) : factor;
        LazyTensor part = ofExperts.Slice(factor.Shape.Rank - 1, start, count);
        length = checked((int)part.ByteLength);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(length);
        part.CopyTo(bytes.AsSpan(0, length), cancellationToken);
        return bytes;
    }

    // As many elements of each vector as fit, but no run so short that it is not read alone.
    private long Columns()
    {
        long bytesOfOne = Math.Max(1, ExpertBytes / Math.Max(1, Length));
        long shortest = RunBytes / Math.Min(SizeOf(_first), SizeOf(_second ?? _first));
        return Math.Max(Math.Max(ReadBytes / bytesOfOne, shortest) / FactorPiece.Stride * FactorPiece.Stride, FactorPiece.Stride);
    }

    private static int SizeOf(LazyTensor tensor) => tensor.DType.BitSize() / 8;

    private void Visit(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, int count, FactorPiece piece, Action visit, CancellationToken cancellationToken)
    {
        bool differs = _second is not null && !IsShared && !(HasSameForm && left.SequenceEqual(right));
        for (int start = 0; start < count; start += FactorPiece.Stride)
        {
            cancellationToken.ThrowIfCancellationRequested();
            piece.Begin(Math.Min(FactorPiece.Stride, count - start), differs);
            for (int vector = 0; vector < FirstVectors; vector++)
            {
                Widen(_first, left, (vector * count) + start, _firstScale, piece.FirstVector(vector));
            }

            for (int vector = 0; differs && vector < SecondVectors; vector++)
            {
                Widen(_second!, right, (vector * count) + start, _secondScale, piece.SecondVector(vector));
            }

            piece.Complete(FirstVectors, SecondVectors);
            visit();
        }
    }

    // The product of a float32 value and a float32 scale is exact in double.
    private static void Widen(LazyTensor tensor, ReadOnlySpan<byte> bytes, int start, double scale, Span<double> destination)
    {
        int size = SizeOf(tensor);
        TensorValues.ToDoubles(tensor.DType, bytes.Slice(start * size, destination.Length * size), destination);
        if (scale != 1)
        {
            TensorPrimitives.Multiply(destination, scale, destination);
        }
    }
}
