using System.Collections.Immutable;

namespace Transfuse.Formats.Tensors.Nodes;

/// <summary>Positions taken from one axis: evenly spaced, or listed.</summary>
internal readonly struct AxisSelection
{
    private readonly ImmutableArray<long> _indices;
    private readonly long _start;

    /// <summary>Evenly spaced positions.</summary>
    public AxisSelection(long start, long step, long count)
    {
        _start = start;
        Step = count > 1 ? step : 1;
        Count = count;
    }

    private AxisSelection(ImmutableArray<long> indices)
    {
        _indices = indices;
        Count = indices.Length;
    }

    /// <summary>Number of positions taken.</summary>
    public long Count { get; }

    /// <summary>Distance between positions, at least 1; 0 where they are listed.</summary>
    public long Step { get; }

    /// <summary>Whether the positions follow each other without gaps.</summary>
    public bool IsContiguous => Step == 1;

    /// <summary>One position.</summary>
    public long this[long i] => Step > 0 ? _start + (i * Step) : _indices[(int)i];

    /// <summary>Listed positions; a list that is evenly spaced upwards becomes one.</summary>
    public static AxisSelection FromIndices(ReadOnlySpan<long> indices)
    {
        if (indices.IsEmpty)
        {
            return new AxisSelection(0, 1, 0);
        }

        long step = indices.Length > 1 ? indices[1] - indices[0] : 1;
        for (int i = 1; i < indices.Length && step > 0; i++)
        {
            step = indices[i] - indices[i - 1] == step ? step : 0;
        }

        return step > 0 ? new AxisSelection(indices[0], step, indices.Length) : new AxisSelection([.. indices]);
    }

    /// <summary>Whether this takes every position of an axis in order.</summary>
    public bool IsAll(long extent) => IsContiguous && Count == extent;

    /// <summary>The selected ones of a value for each position.</summary>
    public ImmutableArray<T> Of<T>(ImmutableArray<T> values)
    {
        var selected = ImmutableArray.CreateBuilder<T>((int)Count);
        for (long i = 0; i < Count; i++)
        {
            selected.Add(values[(int)this[i]]);
        }

        return selected.MoveToImmutable();
    }

    /// <summary>How many positions from the given one on follow each other without gaps.</summary>
    public long RunLength(long i)
    {
        if (Step > 0)
        {
            return IsContiguous ? Count - i : 1;
        }

        long end = i + 1;
        while (end < Count && this[end] == this[end - 1] + 1)
        {
            end++;
        }

        return end - i;
    }
}
