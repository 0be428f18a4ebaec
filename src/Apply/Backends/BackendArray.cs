namespace Transfuse.Apply.Backends;

/// <summary>An array of a backend: immutable, row-major as far as anyone can see. Only the backend that made it can use it.</summary>
/// <seealso cref="Transfuse.Apply.Backends.ITensorBackend" />
public abstract class BackendArray
{
    private readonly int[] _shape;

    /// <summary>Fixes type and shape.</summary>
    protected BackendArray(ElementType type, ReadOnlySpan<int> shape)
    {
        Type = type;
        _shape = shape.ToArray();
    }

    /// <summary>Type of the elements.</summary>
    public ElementType Type { get; }

    /// <summary>The extents, outermost first.</summary>
    public ReadOnlySpan<int> Shape => _shape;

    /// <summary>Number of dimensions.</summary>
    public int Rank => _shape.Length;

    /// <summary>One extent; <c>^1</c> is the innermost.</summary>
    public int this[Index axis] => _shape[axis.GetOffset(_shape.Length)];

    /// <summary>
    /// Keeps the array beyond the end of the work that made it (<see cref="ITensorBackend.Run{T}"/>), until as many calls of <see cref="Release"/> follow.
    /// Nothing happens in a backend that leaves its arrays to the garbage collector.
    /// </summary>
    public virtual void Hold()
    {
    }

    /// <summary>Lets go of an array that was held; it is not used any more.</summary>
    public virtual void Release()
    {
    }

    /// <summary>Type and shape, such as <c>Float32 (2, 20, 32)</c>.</summary>
    public override string ToString() => $"{Type} ({string.Join(", ", _shape)})";
}
