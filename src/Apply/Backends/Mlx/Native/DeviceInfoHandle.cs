namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>mlx_device_info.</summary>
internal struct DeviceInfoHandle
{
    public nint Context;
}
