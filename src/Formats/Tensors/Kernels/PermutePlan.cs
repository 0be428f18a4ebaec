using System.Collections.Immutable;

namespace Transfuse.Formats.Tensors.Kernels;

/// <summary>
/// A permutation of axes reduced to what moves: extents of 1 dropped, axes that stay neighbours joined, and innermost axes that stay innermost
/// taken as one block. What is left is either nothing (the bytes stay as they are) or at least two axes.
/// </summary>
internal sealed class PermutePlan
{
    private readonly ImmutableArray<PermuteAxis> _axes;
    private readonly int _blockBytes;
    private readonly int _innermostSourceAxis;

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
        _blockBytes = IsCopy ? 0 : checked((int)block);
        _innermostSourceAxis = axes.FindIndex(axis => axis.SourceStride == block);
    }

    /// <summary>Whether the destination has the same bytes as the source.</summary>
    public bool IsCopy => _axes.IsEmpty;

    /// <summary>Bytes of the parts, one after the other on both sides, that can be permuted apart; 0 where there is only the whole.</summary>
    public long PartBytes => _axes is [var first, ..] && first.SourceStride == first.DestinationStride ? first.SourceStride : 0;

    /// <summary>Permutes the whole, or whole parts of <see cref="PartBytes"/>.</summary>
    public void Run(ReadOnlySpan<byte> source, Span<byte> destination, CancellationToken cancellationToken)
    {
        if (PartBytes == 0)
        {
            Run(0, source, destination, cancellationToken);
            return;
        }

        int part = checked((int)PartBytes);
        for (; !source.IsEmpty; source = source[part..], destination = destination[part..])
        {
            Run(1, source[..part], destination[..part], cancellationToken);
        }
    }

    private void Run(int axis, ReadOnlySpan<byte> source, Span<byte> destination, CancellationToken cancellationToken)
    {
        PermuteAxis current = _axes[axis];
        if (axis == _axes.Length - 1)
        {
            PermuteAxis columns = _axes[_innermostSourceAxis];
            cancellationToken.ThrowIfCancellationRequested();
            Transposition.Run(
                source, (int)current.SourceStride, destination, (int)columns.DestinationStride, (int)current.Extent, (int)columns.Extent, _blockBytes);
        }
        else if (axis == _innermostSourceAxis)
        {
            Run(axis + 1, source, destination, cancellationToken);
        }
        else
        {
            for (long i = 0; i < current.Extent; i++)
            {
                Run(axis + 1, source[(int)(i * current.SourceStride)..], destination[(int)(i * current.DestinationStride)..], cancellationToken);
            }
        }
    }

    private static List<PermuteAxis> Join(ReadOnlySpan<long> extents, ReadOnlySpan<int> order, int elementBytes)
    {
        Span<long> strides = stackalloc long[extents.Length];
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
