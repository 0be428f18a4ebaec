using System.Runtime.InteropServices;

namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>mlx/c/device.h: devices.</summary>
internal static unsafe partial class DeviceFunctions
{
    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_device_new_type")]
    public static partial DeviceHandle NewType(MlxDeviceType type, int index);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_device_free")]
    public static partial int Free(DeviceHandle dev);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_device_get_type")]
    public static partial int GetType(MlxDeviceType* type, DeviceHandle dev);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_get_default_device")]
    public static partial int GetDefaultDevice(DeviceHandle* dev);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_device_info_get")]
    public static partial int InfoGet(DeviceInfoHandle* info, DeviceHandle dev);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_device_info_free")]
    public static partial int InfoFree(DeviceInfoHandle info);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_device_info_has_key")]
    public static partial int InfoHasKey(byte* exists, DeviceInfoHandle info, byte* key);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_device_info_get_string")]
    public static partial int InfoGetString(byte** value, DeviceInfoHandle info, byte* key);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_device_info_get_size")]
    public static partial int InfoGetSize(nuint* value, DeviceInfoHandle info, byte* key);
}
