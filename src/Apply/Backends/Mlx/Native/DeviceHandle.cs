namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>mlx_device.</summary>
internal struct DeviceHandle
{
    public nint Context;
}
