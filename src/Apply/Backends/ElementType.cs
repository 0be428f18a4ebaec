namespace Transfuse.Apply.Backends;

/// <summary>What the elements of a backend's array are.</summary>
/// <seealso cref="Transfuse.Apply.Backends.ITensorBackend" />
public enum ElementType
{
    /// <summary>float32: activations, small parameters, masks.</summary>
    Float32,

    /// <summary>int32: ids and indices.</summary>
    Int32,
}
