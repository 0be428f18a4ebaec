using System.Runtime.InteropServices;
using System.Text;

namespace Transfuse.Formats.Files.Atomic;

/// <summary>Flushing of folders, which .NET does not open.</summary>
internal static class NativeFlush
{
    private const int ReadOnly = 0;

    /// <summary>Forces a folder's list of names to the disk; does nothing on Windows, whose file systems keep a journal of it.</summary>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static void Folder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int descriptor = Open(Encoding.UTF8.GetBytes(path + '\0'), ReadOnly);
        if (descriptor < 0)
        {
            throw Failure(path, Marshal.GetLastPInvokeError());
        }

        int result = Synchronize(descriptor);
        int error = Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        if (result != 0)
        {
            throw Failure(path, error);
        }
    }

    private static IOException Failure(string path, int error) =>
        new($"The folder could not be flushed to the disk: {Marshal.GetPInvokeErrorMessage(error)} : '{path}'", error);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int Synchronize(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int descriptor);
}
