using System.Collections.Immutable;

namespace Transfuse.Apply.Backends;

/// <summary>By how many radians each pair of elements turns from one position to the next.</summary>
/// <seealso cref="Transfuse.Apply.Backends.ITensorBackend" />
public sealed class RotaryFrequencies
{
    /// <summary>Any frequencies.</summary>
    /// <param name="values">One for each pair.</param>
    public RotaryFrequencies(ImmutableArray<float> values) => Values = values;

    /// <summary>Powers of a base: scale * base^(-2j / dims) for pair j. A backend with a formula of its own for these may take that, as mlx-lm does.</summary>
    /// <param name="dims">Elements that turn; twice the number of pairs.</param>
    /// <param name="base">The base, often <c>rope_theta</c>.</param>
    /// <param name="scale">What positions are multiplied with.</param>
    public RotaryFrequencies(int dims, double @base, float scale = 1)
        : this([.. Enumerable.Range(0, dims / 2).Select(pair => scale * (float)Math.Pow(@base, -2.0 * pair / dims))]) =>
        (Base, Scale) = (dims % 2 == 0 ? (float)@base : null, scale);

    /// <summary>One for each pair.</summary>
    public ImmutableArray<float> Values { get; }

    /// <summary>The base of which they are powers; <see langword="null"/> where they are of none.</summary>
    public float? Base { get; }

    /// <summary>What positions are multiplied with, where there is a <see cref="Base"/>.</summary>
    public float Scale { get; } = 1;
}
