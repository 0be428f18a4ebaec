namespace Transfuse.Formats.Tensors.Nodes;

/// <summary>A node on which a selection can be made before its work instead of after it, so that less is read and computed.</summary>
internal interface ISelectThrough
{
    /// <summary>The same selection with less work, or <see langword="null"/> where this node has none.</summary>
    LazyTensor? Select(int axis, AxisSelection selection);
}
