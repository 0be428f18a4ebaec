using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Fuzz.Seeds;

/// <summary>A tensor with its bytes, little-endian and row-major.</summary>
public sealed record ExpectedTensor(string Name, DType DType, long[] Shape, byte[] Bytes)
{
    /// <summary>Where both differ, or <see langword="null"/>.</summary>
    public string? DifferenceFrom(ExpectedTensor other) =>
        Name != other.Name ? $"{Name} is not {other.Name}"
        : DType != other.DType ? $"{Name}: {DType} is not {other.DType}"
        : !Shape.SequenceEqual(other.Shape) ? $"{Name}: shapes differ"
        : !Bytes.AsSpan().SequenceEqual(other.Bytes) ? $"{Name}: elements differ from byte {Bytes.AsSpan().CommonPrefixLength(other.Bytes)} on"
        : null;

    /// <summary>Asserts that both lists are the same.</summary>
    public static void RequireSame(IReadOnlyList<ExpectedTensor> expected, IReadOnlyList<ExpectedTensor> actual)
    {
        if (expected.Count != actual.Count)
        {
            throw new FuzzFailureException($"{actual.Count} tensors were read; there are {expected.Count}.");
        }

        foreach ((ExpectedTensor left, ExpectedTensor right) in expected.OrderBy(tensor => tensor.Name, StringComparer.Ordinal).Zip(actual))
        {
            if (left.DifferenceFrom(right) is { } difference)
            {
                throw new FuzzFailureException(difference);
            }
        }
    }
}
