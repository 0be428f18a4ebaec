using System.Runtime.InteropServices;

namespace Transfuse.Formats.Files.Native;

/// <summary>The exceptions that .NET's own calls throw for an error number.</summary>
internal static class NativeFailure
{
    private const int NotPermitted = 1;
    private const int NoEntry = 2;
    private const int NoAccess = 13;

    public static Exception Of(string path, int error) => error switch
    {
        NoEntry => new FileNotFoundException($"Could not find file '{path}'.", path),
        NoAccess or NotPermitted => new UnauthorizedAccessException($"Access to the path '{path}' is denied."),
        _ => new IOException($"{Marshal.GetPInvokeErrorMessage(error)} : '{path}'", error),
    };
}
