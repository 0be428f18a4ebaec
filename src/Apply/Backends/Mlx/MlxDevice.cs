using System.Runtime.InteropServices;
using Transfuse.Apply.Backends.Mlx.Native;

namespace Transfuse.Apply.Backends.Mlx;

/// <summary>Devices and versions. Only on the MLX thread, once the library is loaded.</summary>
internal static unsafe class MlxDevice
{
    private static StreamHandle _cpu;
    private static StreamHandle _gpu;

    /// <summary>The version of MLX.</summary>
    public static string ReadVersion()
    {
        StringHandle text = default;
        ErrorFunctions.Check(VersionFunctions.Version(&text), "version");
        try
        {
            return Marshal.PtrToStringUTF8((nint)StringFunctions.Data(text)) ?? "";
        }
        finally
        {
            _ = StringFunctions.Free(text);
        }
    }

    /// <summary>Whether the library computes on a GPU unless told otherwise. A CPU-only library has the CPU as its default device.</summary>
    public static bool IsGpuDefault()
    {
        DeviceHandle device = default;
        ErrorFunctions.Check(DeviceFunctions.GetDefaultDevice(&device), "default_device");
        try
        {
            MlxDeviceType type;
            ErrorFunctions.Check(DeviceFunctions.GetType(&type, device), "device_get_type");
            return type == MlxDeviceType.Gpu;
        }
        finally
        {
            _ = DeviceFunctions.Free(device);
        }
    }

    /// <summary>The MLX thread's stream of a device: made once, since MLX never gives streams back.</summary>
    public static StreamHandle Stream(bool onGpu)
    {
        ref StreamHandle stream = ref onGpu ? ref _gpu : ref _cpu;
        if (stream.Context == 0)
        {
            stream = onGpu ? StreamFunctions.DefaultGpuStreamNew() : StreamFunctions.DefaultCpuStreamNew();
        }

        return stream.Context != 0 ? stream : throw ErrorFunctions.Failure("default_stream");
    }

    /// <summary>Bytes of live arrays.</summary>
    public static long ActiveMemory()
    {
        nuint bytes;
        ErrorFunctions.Check(MemoryFunctions.GetActiveMemory(&bytes), "get_active_memory");
        return (long)bytes;
    }

    /// <summary>What MLX says of a device.</summary>
    public static MlxDeviceInfo Describe(bool onGpu)
    {
        string kind = onGpu ? "gpu" : "cpu";
        DeviceHandle device = DeviceFunctions.NewType(onGpu ? MlxDeviceType.Gpu : MlxDeviceType.Cpu, 0);
        DeviceInfoHandle info = default;
        try
        {
            return DeviceFunctions.InfoGet(&info, device) == 0
                ? new MlxDeviceInfo(
                    kind, Text(info, "device_name"u8), Text(info, "architecture"u8),
                    Size(info, MlxMetal.WorkingSet) ?? Size(info, "memory_size"u8) ?? Size(info, "total_memory"u8))
                : new MlxDeviceInfo(kind, null, null, null);
        }
        finally
        {
            _ = DeviceFunctions.InfoFree(info);
            _ = DeviceFunctions.Free(device);
        }
    }

    private static string? Text(DeviceInfoHandle info, ReadOnlySpan<byte> key)
    {
        byte* value;
        return Has(info, key) && DeviceFunctions.InfoGetString(&value, info, Native.Text.Of(key)) == 0 ? Marshal.PtrToStringUTF8((nint)value) : null;
    }

    private static long? Size(DeviceInfoHandle info, ReadOnlySpan<byte> key)
    {
        nuint value;
        return Has(info, key) && DeviceFunctions.InfoGetSize(&value, info, Native.Text.Of(key)) == 0 ? (long)value : null;
    }

    private static bool Has(DeviceInfoHandle info, ReadOnlySpan<byte> key)
    {
        byte has = 0;
        return DeviceFunctions.InfoHasKey(&has, info, Native.Text.Of(key)) == 0 && has != 0;
    }
}
