namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>mlx_vector_array.</summary>
internal struct VectorHandle
{
    public nint Context;
}
