namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>mlx_device_type (mlx/c/device.h).</summary>
internal enum MlxDeviceType
{
    Cpu = 0,
    Gpu = 1,
}
