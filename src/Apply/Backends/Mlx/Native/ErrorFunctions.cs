using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>
/// mlx/c/error.h. The handler that mlx-c starts with ends the process; ours, installed before any other call, keeps the message of the failing
/// thread until <see cref="Check"/> throws it.
/// </summary>
internal static unsafe partial class ErrorFunctions
{
    [ThreadStatic]
    private static string? _message;

    /// <summary>Installs the handler. The last one installed in a process counts.</summary>
    public static void Install() => SetErrorHandler(&Keep, null, null);

    /// <summary>Throws where a call failed.</summary>
    /// <param name="status">What it returned: 0 where it did not fail.</param>
    /// <param name="operation">Its name, for the message.</param>
    /// <exception cref="MlxException">It failed.</exception>
    public static void Check(int status, string operation)
    {
        if (status != 0)
        {
            throw Failure(operation);
        }
    }

    /// <summary>The error of a call that returned an empty handle or another sign of failure.</summary>
    public static MlxException Failure(string operation)
    {
        string message = _message ?? "failed without a message";
        _message = null;
        return new MlxException(operation, message);
    }

    // Nothing may leave a callback: what cannot be kept is lost, and Failure says so.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Keep(byte* message, void* data)
    {
        try
        {
            _message = Marshal.PtrToStringUTF8((nint)message);
        }
        catch (OutOfMemoryException)
        {
            _message = null;
        }
    }

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_set_error_handler")]
    private static partial void SetErrorHandler(
        delegate* unmanaged[Cdecl]<byte*, void*, void> handler, void* data, delegate* unmanaged[Cdecl]<void*, void> destructor);
}
