using System.Runtime.InteropServices;

namespace Transfuse.Cli;

/// <summary>
/// Standard streams that the caller closed. Their numbers would go to the next files that are opened, and what is printed would land in these; so each is taken
/// by the empty device first.
/// </summary>
internal static class StandardStreams
{
    private const int GetFlags = 1;
    private const int ReadAndWrite = 2;

    /// <summary>Takes the numbers of closed streams. Called before anything is opened.</summary>
    /// <returns>Opens standard output and standard error.</returns>
    public static (Func<Stream> Output, Func<Stream> Error) Take()
    {
        bool[] isClosed = [TakeIfClosed(0), TakeIfClosed(1), TakeIfClosed(2)];
        return (
            isClosed[1] ? () => throw new IOException("Standard output is closed.") : Console.OpenStandardOutput,
            isClosed[2] ? () => Stream.Null : Console.OpenStandardError);
    }

    // Numbers are given from the lowest up, and those below are taken.
    private static bool TakeIfClosed(int descriptor) =>
        !OperatingSystem.IsWindows() && Control(descriptor, GetFlags) < 0 && Open("/dev/null\0"u8.ToArray(), ReadAndWrite) >= 0;

    [DllImport("libc", EntryPoint = "fcntl")]
    private static extern int Control(int descriptor, int command);

    [DllImport("libc", EntryPoint = "open")]
    private static extern int Open(byte[] path, int flags);
}
