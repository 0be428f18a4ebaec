using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Transfuse.Formats.Files.Native;

/// <summary>The operating system's <c>stat</c>, which .NET does not show: it tells kinds and identities without opening anything.</summary>
internal static class NativeStatus
{
    private const int NoEntry = 2;
    private const int NotFolder = 20;
    private const int LinuxLoop = 40;
    private const int MacLoop = 62;
    private const int AtCurrentFolder = -100;
    private const int NoFollow = 0x100;
    private const int EmptyPath = 0x1000;
    private const uint BasicStatistics = 0x7ff;
    private const int BufferLength = 256;
    private const int LongestPath = 4096;

    /// <summary>Asks about a path.</summary>
    public static FileStatus Of(string path, bool follow)
    {
        byte[] buffer = new byte[BufferLength];
        byte[] native = Native(path);
        if (OperatingSystem.IsLinux())
        {
            return Statx(AtCurrentFolder, native, follow ? 0 : NoFollow, BasicStatistics, buffer) == 0 ? Linux(buffer) : Failed(path);
        }

        if (OperatingSystem.IsMacOS())
        {
            return (follow ? MacStat(native, buffer) : MacLinkStat(native, buffer)) == 0 ? Mac(buffer) : Failed(path);
        }

        return ByAttributes(path, follow);
    }

    /// <summary>Asks about an open file.</summary>
    public static EntryKind KindOf(SafeFileHandle handle)
    {
        byte[] buffer = new byte[BufferLength];
        int descriptor = (int)handle.DangerousGetHandle();
        return OperatingSystem.IsLinux() && Statx(descriptor, [0], EmptyPath, BasicStatistics, buffer) == 0 ? Linux(buffer).Kind
            : OperatingSystem.IsMacOS() && MacHandleStat(descriptor, buffer) == 0 ? Mac(buffer).Kind
            : EntryKind.File;
    }

    /// <summary>The path with its links resolved; the same where that fails.</summary>
    public static string RealPath(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return Resolved(path);
        }

        byte[] resolved = new byte[LongestPath + 1];
        return RealPathOf(Native(path), resolved) == 0 ? path : Encoding.UTF8.GetString(resolved.AsSpan(0, resolved.AsSpan().IndexOf((byte)0)));
    }

    /// <summary>The user whose rights this process has.</summary>
    public static uint? User() => OperatingSystem.IsWindows() ? null : EffectiveUser();

    /// <summary>A path as the operating system takes it.</summary>
    public static byte[] Native(string path) => Encoding.UTF8.GetBytes(path + '\0');

    private static string Resolved(string path)
    {
        try
        {
            return Directory.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        }
        catch (IOException)
        {
            return path;
        }
    }

    // struct statx is the same on every architecture: stx_uid at 20, stx_mode at 28, stx_ino at 32, stx_dev_major and stx_dev_minor at 136.
    private static FileStatus Linux(ReadOnlySpan<byte> buffer) => Status(
        BitConverter.ToUInt16(buffer[28..]),
        BitConverter.ToUInt32(buffer[20..]),
        $"{BitConverter.ToUInt32(buffer[136..]):x}:{BitConverter.ToUInt32(buffer[140..]):x}:{BitConverter.ToUInt64(buffer[32..]):x}");

    // struct stat with 64-bit inodes: st_dev at 0, st_mode at 4, st_ino at 8, st_uid at 16.
    private static FileStatus Mac(ReadOnlySpan<byte> buffer) => Status(
        BitConverter.ToUInt16(buffer[4..]),
        BitConverter.ToUInt32(buffer[16..]),
        $"{BitConverter.ToUInt32(buffer):x}:{BitConverter.ToUInt64(buffer[8..]):x}");

    private static FileStatus Status(ushort mode, uint owner, string identity) => new(
        (mode & 0xF000) switch
        {
            0x4000 => EntryKind.Folder,
            0x8000 => EntryKind.File,
            0xA000 => EntryKind.Link,
            0x1000 => EntryKind.Fifo,
            0xC000 => EntryKind.Socket,
            _ => EntryKind.Device,
        },
        (UnixFileMode)(mode & 0xFFF),
        identity,
        owner);

    private static FileStatus Failed(string path)
    {
        int error = Marshal.GetLastPInvokeError();
        return error is NoEntry or NotFolder || error == (OperatingSystem.IsLinux() ? LinuxLoop : MacLoop)
            ? FileStatus.Missing
            : throw NativeFailure.Of(path, error);
    }

    private static FileStatus ByAttributes(string path, bool follow)
    {
        try
        {
            string target = follow ? Resolved(path) : path;
            FileAttributes attributes = File.GetAttributes(target);
            EntryKind kind = attributes.HasFlag(FileAttributes.ReparsePoint) ? EntryKind.Link
                : attributes.HasFlag(FileAttributes.Directory) ? EntryKind.Folder
                : attributes.HasFlag(FileAttributes.Device) ? EntryKind.Device
                : EntryKind.File;
            return new FileStatus(kind, null, null, null);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return FileStatus.Missing;
        }
    }

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static extern int Statx(int folder, byte[] path, int flags, uint mask, byte[] buffer);

    [DllImport("libc", EntryPoint = "realpath", SetLastError = true)]
    private static extern nint RealPathOf(byte[] path, byte[] resolved);

    [DllImport("libc", EntryPoint = "geteuid")]
    private static extern uint EffectiveUser();

    private static int MacStat(byte[] path, byte[] buffer) => IsIntel ? MacStatIntel(path, buffer) : MacStatArm(path, buffer);

    private static int MacLinkStat(byte[] path, byte[] buffer) => IsIntel ? MacLinkStatIntel(path, buffer) : MacLinkStatArm(path, buffer);

    private static int MacHandleStat(int descriptor, byte[] buffer) => IsIntel ? MacHandleStatIntel(descriptor, buffer) : MacHandleStatArm(descriptor, buffer);

    // On Intel the plain names are those of the old structure with 32-bit inodes.
    private static bool IsIntel => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    [DllImport("libc", EntryPoint = "stat", SetLastError = true)]
    private static extern int MacStatArm(byte[] path, byte[] buffer);

    [DllImport("libc", EntryPoint = "lstat", SetLastError = true)]
    private static extern int MacLinkStatArm(byte[] path, byte[] buffer);

    [DllImport("libc", EntryPoint = "fstat", SetLastError = true)]
    private static extern int MacHandleStatArm(int descriptor, byte[] buffer);

    [DllImport("libc", EntryPoint = "stat$INODE64", SetLastError = true)]
    private static extern int MacStatIntel(byte[] path, byte[] buffer);

    [DllImport("libc", EntryPoint = "lstat$INODE64", SetLastError = true)]
    private static extern int MacLinkStatIntel(byte[] path, byte[] buffer);

    [DllImport("libc", EntryPoint = "fstat$INODE64", SetLastError = true)]
    private static extern int MacHandleStatIntel(int descriptor, byte[] buffer);
}
