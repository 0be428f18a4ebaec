namespace Transfuse.Apply.Backends.Managed;

/// <summary>Elements in managed memory, contiguous.</summary>
internal sealed class ManagedArray : BackendArray
{
    public ManagedArray(float[] singles, ReadOnlySpan<int> shape)
        : base(ElementType.Float32, shape) => Singles = singles;

    public ManagedArray(int[] integers, ReadOnlySpan<int> shape)
        : base(ElementType.Int32, shape) => Integers = integers;

    /// <summary>Elements of a float32 array; empty for int32.</summary>
    public float[] Singles { get; } = [];

    /// <summary>Elements of an int32 array; empty for float32.</summary>
    public int[] Integers { get; } = [];

    /// <summary>Number of elements.</summary>
    public int Count => Type == ElementType.Float32 ? Singles.Length : Integers.Length;
}
