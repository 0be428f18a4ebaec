using System.Net;
using System.Net.Sockets;
using Polly.Timeout;

namespace Transfuse.Conversion.Sources.Faults;

/// <summary>Tells what may pass from what will not: the one list of both.</summary>
internal static class FaultPolicy
{
    private const string Exhausted = "transfuse.exhausted";

    // errno of what the network, a busy device or an interrupted call leaves; the numbers of Linux and, where they differ, of macOS.
    // EINTR, EIO, EAGAIN, EBUSY; ENETDOWN, ENETUNREACH, ENETRESET, ECONNABORTED, ECONNRESET, ETIMEDOUT, EHOSTDOWN, EHOSTUNREACH, ESTALE, EREMOTEIO.
    private static readonly int[] Linux = [4, 5, 11, 16, 100, 101, 102, 103, 104, 110, 112, 113, 116, 121];
    private static readonly int[] Mac = [4, 5, 16, 35, 50, 51, 52, 53, 54, 60, 64, 65, 70];

    // ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION, ERROR_NETNAME_DELETED, ERROR_BAD_NETPATH, ERROR_SEM_TIMEOUT, ERROR_NETWORK_BUSY, ERROR_UNEXP_NET_ERR.
    private static readonly int[] Windows = [32, 33, 64, 53, 121, 54, 59];

    /// <summary>Whether the same attempt may succeed a moment later. What was already repeated as often as it may be is final.</summary>
    public static bool IsTransient(Exception failed) => failed.Data[Exhausted] is null && failed switch
    {
        TransientFaultException => true,
        TimeoutRejectedException => true,
        HttpRequestException request => request.StatusCode is null || IsTransient(request.StatusCode.Value),
        SocketException => true,
        FileNotFoundException or DirectoryNotFoundException or EndOfStreamException or PathTooLongException or DriveNotFoundException => false,
        HttpIOException => true,
        IOException { InnerException: SocketException } => true,
        IOException file => IsTransientNumber(file.HResult),
        _ => false,
    };

    /// <summary>Whether the same request may succeed later.</summary>
    public static bool IsTransient(HttpStatusCode status) => (int)status is 408 or 425 or 429 or 500 or 502 or 503 or 504;

    /// <summary>Says of a failure that it was repeated as often as it may be.</summary>
    public static void MarkFinal(Exception failed) => failed.Data[Exhausted] = true;

    private static bool IsTransientNumber(int result) => OperatingSystem.IsWindows()
        ? (result & 0xFFFF0000) == 0x80070000 && Windows.Contains(result & 0xFFFF)
        : (OperatingSystem.IsMacOS() ? Mac : Linux).Contains(result);
}
