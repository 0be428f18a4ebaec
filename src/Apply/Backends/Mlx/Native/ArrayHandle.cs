namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>
/// mlx_array: a pointer by value, as all handles of mlx-c are. Zero is the empty handle: it stands for "none", and results must start with it.
/// </summary>
internal struct ArrayHandle
{
    public nint Context;
}
