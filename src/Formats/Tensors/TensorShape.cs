using System.Collections.Immutable;

namespace Transfuse.Formats.Tensors;

/// <summary>The extents of a tensor, row-major: the last dimension is contiguous. A scalar has no dimensions.</summary>
/// <seealso cref="Transfuse.Formats.Tensors.MemoryTensor" />
public readonly struct TensorShape : IEquatable<TensorShape>
{
    private readonly ImmutableArray<long> _dimensions;

    /// <summary>Makes a shape.</summary>
    /// <param name="dimensions">Extents, outermost first; each at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">An extent is negative.</exception>
    /// <exception cref="OverflowException">The number of elements does not fit a signed 64-bit integer.</exception>
    public TensorShape(params ReadOnlySpan<long> dimensions)
    {
        long count = 1;
        foreach (long dimension in dimensions)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dimension, nameof(dimensions));
            count = checked(count * dimension);
        }

        _dimensions = [.. dimensions];
        ElementCount = count;
    }

    /// <summary>Product of the extents; 1 for a scalar.</summary>
    public long ElementCount { get; }

    /// <summary>The extents, outermost first.</summary>
    public ImmutableArray<long> Dimensions => _dimensions.IsDefault ? [] : _dimensions;

    /// <summary>Number of dimensions.</summary>
    public int Rank => Dimensions.Length;

    /// <summary>One extent; <c>^1</c> is the innermost.</summary>
    public long this[Index index] => Dimensions[index.GetOffset(Rank)];

    /// <summary>Whether both shapes have the same extents.</summary>
    public static bool operator ==(TensorShape left, TensorShape right) => left.Equals(right);

    /// <summary>Whether the shapes differ.</summary>
    public static bool operator !=(TensorShape left, TensorShape right) => !left.Equals(right);

    /// <inheritdoc />
    public bool Equals(TensorShape other) => Dimensions.AsSpan().SequenceEqual(other.Dimensions.AsSpan());

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is TensorShape other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (long dimension in Dimensions)
        {
            hash.Add(dimension);
        }

        return hash.ToHashCode();
    }

    /// <summary>The shape as findings print it, such as <c>(32, 64)</c>.</summary>
    public override string ToString() => $"({string.Join(", ", Dimensions)})";
}
