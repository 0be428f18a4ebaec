namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>mlx_string.</summary>
internal struct StringHandle
{
    public nint Context;
}
