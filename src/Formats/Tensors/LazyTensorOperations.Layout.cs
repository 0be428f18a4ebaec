using Transfuse.Formats.Tensors.Kernels;
using Transfuse.Formats.Tensors.Nodes;

namespace Transfuse.Formats.Tensors;

/// <summary>
/// Operations that describe a new tensor in terms of others; bytes are computed only when the result is read. Where an operation changes nothing,
/// the result is the tensor itself, so that sharing stays visible. Rearranging needs elements of whole bytes.
/// </summary>
/// <remarks>Reading a result throws <see cref="TensorTooLargeException"/> where a source that must be held as a whole has more bytes than an array can
/// have.</remarks>
public static partial class LazyTensorOperations
{
    /// <summary>Reorders axes.</summary>
    /// <param name="source">Any tensor.</param>
    /// <param name="axes">For each axis of the result, the axis of the source: <c>(2, 0, 1)</c> makes (c, a, b) of (a, b, c).</param>
    /// <exception cref="ArgumentException">The axes are not a permutation of the source's, or elements are smaller than a byte and would move.</exception>
    public static LazyTensor Permute(this LazyTensor source, params ReadOnlySpan<int> axes)
    {
        ArgumentNullException.ThrowIfNull(source);
        int[] order = [.. axes];
        if (!IsReordering(order, source.Shape.Rank, out bool isIdentity))
        {
            throw new ArgumentException($"({string.Join(", ", order)}) does not reorder the axes of {source.Shape}.", nameof(axes));
        }

        if (isIdentity)
        {
            return source;
        }

        if (source is PermuteTensor inner)
        {
            return inner.Source.Permute([.. order.Select(axis => inner.Order[axis])]);
        }

        TensorShape shape = TensorShapes.Create([.. order.Select(axis => source.Shape[axis])]);
        if (shape.ElementCount == 0)
        {
            return source.Reshape(shape);
        }

        var plan = new PermutePlan(source.Shape.Dimensions.AsSpan(), order, Math.Max(1, source.DType.BitSize() / 8));
        if (plan.IsCopy)
        {
            return source.Reshape(shape);
        }

        source.RequireWholeBytes();
        return new PermuteTensor(source, shape, [.. order], plan);
    }

    // Asked for every tensor of every adapter.
    private static bool IsReordering(ReadOnlySpan<int> order, int rank, out bool isIdentity)
    {
        isIdentity = true;
        for (int axis = 0; axis < order.Length; axis++)
        {
            if ((uint)order[axis] >= (uint)rank || order[..axis].Contains(order[axis]))
            {
                return false;
            }

            isIdentity &= order[axis] == axis;
        }

        return order.Length == rank;
    }

    /// <summary>Makes (n, m) of (m, n).</summary>
    /// <exception cref="ArgumentException">The tensor does not have two axes, or its elements are smaller than a byte.</exception>
    public static LazyTensor Transpose(this LazyTensor source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return source.Shape.Rank == 2
            ? source.Permute(1, 0)
            : throw new ArgumentException($"Only a matrix can be transposed; this tensor is {source.Shape}.", nameof(source));
    }

    /// <summary>Gives the same elements, in the same order, another shape.</summary>
    /// <exception cref="ArgumentException">The shape has another number of elements.</exception>
    public static LazyTensor Reshape(this LazyTensor source, TensorShape shape)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (shape.ElementCount != source.Shape.ElementCount)
        {
            throw new ArgumentException(
                $"A tensor {source.Shape} with {source.Shape.ElementCount} elements cannot become {shape} with {shape.ElementCount}.", nameof(shape));
        }

        if (shape == source.Shape)
        {
            return source;
        }

        return source is ReshapeTensor inner ? inner.Source.Reshape(shape) : new ReshapeTensor(source, shape);
    }

    /// <summary>Takes evenly spaced positions of one axis. Whole rows of a tensor that serves ranges are read alone and serve ranges again.</summary>
    /// <param name="source">Any tensor.</param>
    /// <param name="axis">Axis, from 0.</param>
    /// <param name="start">First position.</param>
    /// <param name="count">Number of positions; may be 0.</param>
    /// <param name="step">Distance between positions, at least 1.</param>
    /// <exception cref="ArgumentException">The axis or a position does not exist, or elements are smaller than a byte.</exception>
    public static LazyTensor Slice(this LazyTensor source, int axis, long start, long count, long step = 1)
    {
        ArgumentNullException.ThrowIfNull(source);
        source.RequireAxis(axis);
        long extent = source.Shape[axis];
        bool fits = start >= 0 && count >= 0 && step >= 1 && start <= extent
            && (count == 0 || (start < extent && count - 1 <= (extent - 1 - start) / step));
        if (!fits)
        {
            throw new ArgumentException($"Axis {axis} of {source.Shape} does not have {count} positions from {start} in steps of {step}.", nameof(count));
        }

        return source.SelectWholeBytes(axis, new AxisSelection(start, step, count));
    }

    /// <summary>Takes listed positions of one axis, in the listed order; a position may occur several times.</summary>
    /// <param name="source">Any tensor.</param>
    /// <param name="axis">Axis, from 0.</param>
    /// <param name="indices">For each position of the result, the position in the source.</param>
    /// <exception cref="ArgumentException">The axis or a position does not exist, or elements are smaller than a byte.</exception>
    public static LazyTensor Gather(this LazyTensor source, int axis, ReadOnlySpan<long> indices)
    {
        ArgumentNullException.ThrowIfNull(source);
        source.RequireAxis(axis);
        foreach (long index in indices)
        {
            if (index < 0 || index >= source.Shape[axis])
            {
                throw new ArgumentException($"Axis {axis} of {source.Shape} has no position {index}.", nameof(indices));
            }
        }

        return source.SelectWholeBytes(axis, AxisSelection.FromIndices(indices));
    }

    private static LazyTensor SelectWholeBytes(this LazyTensor source, int axis, AxisSelection selection)
    {
        if (selection.IsAll(source.Shape[axis]))
        {
            return source;
        }

        source.RequireWholeBytes();
        return source.Select(axis, selection);
    }
}
