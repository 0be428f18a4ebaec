using System.Collections.Immutable;

namespace Transfuse.Formats.Tensors.Kernels;

/// <summary>
/// A permutation of axes reduced to what moves: extents of 1 dropped, axes that stay neighbours joined, and innermost axes that stay innermost
/// taken as one block. What is left is either nothing (the bytes stay as they are) or at least two axes.
/// </summary>
internal sealed class PermutePlan
{
    // Fewer would write less than whole cache lines at each place, and touch each page of the destination more often.
    private const int FewestScattered = 256;

    private readonly ImmutableArray<PermuteAxis> _axes;
    private readonly long _blockBytes;
    private readonly int _innermostSourceAxis;
    private readonly int _outermostSourceAxis;

    /// <summary>Makes a plan for a tensor without extents of 0.</summary>
    /// <param name="extents">Extents of the source.</param>
    /// <param name="order">For each axis of the destination, the axis of the source.</param>
    /// <param name="elementBytes">Bytes of one element.</param>
    public PermutePlan(ReadOnlySpan<long> extents, ReadOnlySpan<int> order, int elementBytes)
    {
        List<PermuteAxis> axes = Join(extents, order, elementBytes);
        long block = elementBytes;
        if (axes is [.., var last] && last.SourceStride == elementBytes)
        {
            block *= last.Extent;
            axes.RemoveAt(axes.Count - 1);
        }

        long stride = block;
        for (int i = axes.Count - 1; i >= 0; i--)
        {
            axes[i] = axes[i] with { DestinationStride = stride };
            stride *= axes[i].Extent;
        }

        _axes = [.. axes];
        _blockBytes = block;
        _innermostSourceAxis = axes.FindIndex(axis => axis.SourceStride == block);
        _outermostSourceAxis = axes.FindIndex(axis => axis.SourceStride * axis.Extent == stride);
    }

    /// <summary>Whether the destination has the same bytes as the source.</summary>
    public bool IsCopy => _axes.IsEmpty;

    /// <summary>Positions on the outermost axis of the source.</summary>
    public long OuterCount => _axes[_outermostSourceAxis].Extent;

    /// <summary>Bytes of one position on the outermost axis of the source.</summary>
    public long OuterBytes => _axes[_outermostSourceAxis].SourceStride;

    /// <summary>
    /// How many positions on the outermost axis of the source to permute at once: as many as make a piece of the given size,
    /// but not too few where they are scattered over the destination.
    /// </summary>
    public long OuterCountFor(long pieceBytes)
    {
        long count = Math.Max(1, pieceBytes / OuterBytes);
        if (_outermostSourceAxis > 0)
        {
            count = Math.Max(FewestScattered, count - (count % FewestScattered));
        }

        return Math.Min(count, OuterCount);
    }

    /// <summary>Permutes some positions on the outermost axis of the source.</summary>
    /// <param name="source">These positions, whole ones; at least one.</param>
    /// <param name="destination">The whole result, of which only their elements are written.</param>
    /// <param name="first">Number of the first position.</param>
    /// <param name="cancellationToken">Ends the work with <see cref="OperationCanceledException"/>.</param>
    public void Run(ReadOnlySpan<byte> source, Span<byte> destination, long first, CancellationToken cancellationToken)
    {
        PermuteAxis outer = _axes[_outermostSourceAxis];
        ImmutableArray<PermuteAxis> axes = _axes.SetItem(_outermostSourceAxis, outer with { Extent = source.Length / outer.SourceStride });
        new PermuteWalk(axes, _innermostSourceAxis, (int)_blockBytes, cancellationToken).Run(0, source, destination[(int)(first * outer.DestinationStride)..]);
    }

    private static List<PermuteAxis> Join(ReadOnlySpan<long> extents, ReadOnlySpan<int> order, int elementBytes)
    {
        long[] strides = new long[extents.Length];
        long stride = elementBytes;
        for (int i = extents.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= extents[i];
        }

        var axes = new List<PermuteAxis>();
        foreach (int axis in order)
        {
            var next = new PermuteAxis(extents[axis], strides[axis], 0);
            if (next.Extent == 1)
            {
                continue;
            }

            if (axes is [.., var last] && last.SourceStride == next.SourceStride * next.Extent)
            {
                axes[^1] = new PermuteAxis(last.Extent * next.Extent, next.SourceStride, 0);
            }
            else
            {
                axes.Add(next);
            }
        }

        return axes;
    }
}
