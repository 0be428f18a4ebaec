using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Safetensors;

/// <summary>The shapes that a header had last: the tensors of a file have few different ones, and share them.</summary>
internal sealed class RecentShapes
{
    private readonly TensorShape[] _shapes = new TensorShape[16];
    private int _next;

    /// <summary>A shape of these extents: one of the last, or a new one.</summary>
    /// <exception cref="OverflowException">The number of elements does not fit a signed 64-bit integer.</exception>
    public TensorShape Of(ReadOnlySpan<long> dimensions)
    {
        foreach (ref readonly TensorShape known in _shapes.AsSpan())
        {
            if (known.Dimensions.AsSpan().SequenceEqual(dimensions) && !dimensions.IsEmpty)
            {
                return known;
            }
        }

        var shape = new TensorShape(dimensions);
        _shapes[_next] = shape;
        _next = (_next + 1) % _shapes.Length;
        return shape;
    }
}
