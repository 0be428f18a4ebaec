using System.Buffers;
using Transfuse.Formats.Numerics;

namespace Transfuse.Conversion.Verification;

/// <summary>
/// A piece of one factor of two adapters, as double values: so many consecutive elements of each of the r vectors that a factor consists of.
/// It holds the first adapter's vectors, and the first's less the second's. What is taken apart in this way does not cancel later: where two adapters
/// nearly agree, the difference of their deltas is made of the small differences of their factors.
/// </summary>
internal sealed class FactorPiece : IDisposable
{
    /// <summary>Distance between vectors, and the most elements of one: what is computed on stays in a second-level cache for usual ranks.</summary>
    public const int Stride = 512;

    private readonly double[] _values;

    /// <summary>Makes room for a pair of factors.</summary>
    /// <param name="vectors">How many vectors each has; for the shorter of two, zeros follow.</param>
    public FactorPiece(int vectors)
    {
        Vectors = RoundUp(vectors);
        _values = ArrayPool<double>.Shared.Rent(2 * Vectors * Stride);
    }

    /// <summary>How many vectors there are, rounded up to what <see cref="InnerProducts"/> takes; zeros fill.</summary>
    public int Vectors { get; }

    /// <summary>How many elements of each vector the piece has.</summary>
    public int Length { get; private set; }

    /// <summary>The length rounded up to what <see cref="InnerProducts"/> takes; zeros fill.</summary>
    public int PaddedLength => RoundUp(Length);

    /// <summary>Whether the two adapters can differ in this piece. If not, <see cref="Difference"/> is not filled.</summary>
    public bool Differs { get; private set; }

    /// <summary>The first adapter's vectors, times its scale.</summary>
    public ReadOnlySpan<double> First => _values.AsSpan(0, Vectors * Stride);

    /// <summary>The first adapter's vectors less the second's, each times its own scale.</summary>
    public ReadOnlySpan<double> Difference => _values.AsSpan(Vectors * Stride, Vectors * Stride);

    /// <summary>The number rounded up to a multiple of <see cref="InnerProducts.Unit"/>.</summary>
    public static int RoundUp(int count) => (count + InnerProducts.Unit - 1) / InnerProducts.Unit * InnerProducts.Unit;

    /// <summary>One vector's elements of a part.</summary>
    public static ReadOnlySpan<double> Vector(ReadOnlySpan<double> part, int index, int length) => part.Slice(index * Stride, length);

    /// <summary>Begins a new piece.</summary>
    /// <param name="length">At most <see cref="Stride"/>.</param>
    /// <param name="differs">Whether <see cref="SecondVector"/> will be given too.</param>
    public void Begin(int length, bool differs)
    {
        Length = length;
        Differs = differs;
    }

    /// <summary>Where the first adapter's vector goes.</summary>
    public Span<double> FirstVector(int index) => _values.AsSpan(index * Stride, Length);

    /// <summary>Where the second adapter's vector goes, until <see cref="Complete"/>.</summary>
    public Span<double> SecondVector(int index) => _values.AsSpan((Vectors + index) * Stride, Length);

    /// <summary>Fills with zeros what was not given, and takes the difference.</summary>
    /// <param name="first">How many vectors the first adapter gave.</param>
    /// <param name="second">How many the second gave.</param>
    public void Complete(int first, int second)
    {
        Fill(_values.AsSpan(0, Vectors * Stride), first);
        if (Differs)
        {
            Span<double> difference = _values.AsSpan(Vectors * Stride, Vectors * Stride);
            Fill(difference, second);
            System.Numerics.Tensors.TensorPrimitives.Subtract(First, difference, difference);
        }
    }

    /// <inheritdoc />
    public void Dispose() => ArrayPool<double>.Shared.Return(_values);

    private void Fill(Span<double> vectors, int given)
    {
        vectors[(given * Stride)..].Clear();
        for (int i = 0; i < given; i++)
        {
            vectors.Slice((i * Stride) + Length, PaddedLength - Length).Clear();
        }
    }
}
