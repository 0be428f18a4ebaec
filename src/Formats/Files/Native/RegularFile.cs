using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Transfuse.Formats.Files.Native;

/// <summary>
/// Opens regular files only. To open a FIFO is to wait for its writer, and to open a device may do something; so the kind is asked before, and again of what
/// was opened.
/// </summary>
internal static class RegularFile
{
    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="FileKindException">It is a folder, FIFO, socket or device; it was not opened, or where it became one in that moment, nothing was
    /// read.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static SafeFileHandle OpenToRead(string path)
    {
        Demand(path, FileStatus.OfTarget(path).Kind);
        if (OperatingSystem.IsWindows())
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }

        // Read-only, close on exec, no controlling terminal, and not waiting.
        int flags = OperatingSystem.IsMacOS() ? 0x1000000 | 0x20000 | 0x4 : 0x80000 | 0x100 | 0x800;
        int descriptor = Open(NativeStatus.Native(path), flags);
        if (descriptor < 0)
        {
            throw NativeFailure.Of(path, Marshal.GetLastPInvokeError());
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            Demand(path, NativeStatus.KindOf(handle));
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static void Demand(string path, EntryKind kind)
    {
        if (kind is not (EntryKind.File or EntryKind.Missing))
        {
            throw new FileKindException(path, kind);
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open(byte[] path, int flags);
}
