namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>mlx_stream.</summary>
internal struct StreamHandle
{
    public nint Context;
}
