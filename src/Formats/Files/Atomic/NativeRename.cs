using System.Runtime.InteropServices;
using System.Text;

namespace Transfuse.Formats.Files.Atomic;

/// <summary>Renames that .NET has no call for: in one step, swapping or never replacing.</summary>
internal static class NativeRename
{
    private const int AtCurrentFolder = -100;
    private const uint LinuxNoReplace = 1;
    private const uint LinuxExchange = 2;
    private const uint MacSwap = 2;
    private const uint MacExclusive = 4;

    /// <summary>Swaps two paths; <see langword="false"/> where the system or the file system cannot, or it failed.</summary>
    public static bool TryExchange(string first, string second) => TryRename(first, second, LinuxExchange, MacSwap);

    /// <summary>Renames unless the target exists; <see langword="false"/> where the system or the file system cannot, or it failed.</summary>
    public static bool TryWithoutReplacing(string from, string to) => TryRename(from, to, LinuxNoReplace, MacExclusive);

    private static bool TryRename(string from, string to, uint linuxFlag, uint macFlag)
    {
        try
        {
            return OperatingSystem.IsLinux()
                ? RenameAt2(AtCurrentFolder, Native(from), AtCurrentFolder, Native(to), linuxFlag) == 0
                : OperatingSystem.IsMacOS() && RenameX(Native(from), Native(to), macFlag) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            // musl before 1.2.6 has no renameat2.
            return false;
        }
    }

    private static byte[] Native(string path) => Encoding.UTF8.GetBytes(path + '\0');

    [DllImport("libc", EntryPoint = "renameat2")]
    private static extern int RenameAt2(int oldFolder, byte[] oldPath, int newFolder, byte[] newPath, uint flags);

    [DllImport("libc", EntryPoint = "renamex_np")]
    private static extern int RenameX(byte[] from, byte[] to, uint flags);
}
