using System.Collections.Immutable;

namespace Transfuse.Formats.Tensors.Kernels;

/// <summary>
/// Loops over all axes of a permutation but two, which are transposed at once: the innermost of the source and the innermost of the destination.
/// </summary>
/// <param name="axes">At least two, in the order of the destination.</param>
/// <param name="innermostSourceAxis">The axis whose positions are neighbours in the source; not the last.</param>
/// <param name="blockBytes">Bytes that stay together.</param>
/// <param name="cancellationToken">Ends the work between two transpositions.</param>
internal readonly struct PermuteWalk(ImmutableArray<PermuteAxis> axes, int innermostSourceAxis, int blockBytes, CancellationToken cancellationToken)
{
    /// <summary>Walks the axes from the given one on.</summary>
    public void Run(int axis, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        PermuteAxis current = axes[axis];
        if (axis == axes.Length - 1)
        {
            cancellationToken.ThrowIfCancellationRequested();
            PermuteAxis columns = axes[innermostSourceAxis];
            Transposition.Run(
                source, (int)current.SourceStride, destination, (int)columns.DestinationStride, (int)current.Extent, (int)columns.Extent, blockBytes);
        }
        else if (axis == innermostSourceAxis)
        {
            Run(axis + 1, source, destination);
        }
        else
        {
            for (long i = 0; i < current.Extent; i++)
            {
                Run(axis + 1, source[(int)(i * current.SourceStride)..], destination[(int)(i * current.DestinationStride)..]);
            }
        }
    }
}
