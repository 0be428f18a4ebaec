namespace Transfuse.Formats.Tensors.Nodes;

/// <summary>Makes the node with the least work for a selection.</summary>
internal static class TensorSelection
{
    /// <summary>Takes positions of one axis; they and the axis are checked already.</summary>
    public static LazyTensor Select(this LazyTensor source, int axis, AxisSelection selection)
    {
        if (selection.IsAll(source.Shape[axis]))
        {
            return source;
        }

        TensorShape shape = source.Shape.WithExtent(axis, selection.Count);
        if (shape.ElementCount == 0)
        {
            return new ZeroTensor(source.DType, shape);
        }

        if ((source as ISelectThrough)?.Select(axis, selection) is { } less)
        {
            return less;
        }

        return selection.IsContiguous && source.Shape.CountBefore(axis) == 1
            ? RangeTensor.Create(source, selection[0] * source.BytesAfter(axis), shape)
            : new SelectTensor(source, axis, selection);
    }
}
