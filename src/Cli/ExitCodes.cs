namespace Transfuse.Cli;

/// <summary>Exit codes of the command.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>Refused: an error finding; nothing was written.</summary>
    public const int Refused = 1;

    /// <summary>Wrong usage.</summary>
    public const int Usage = 2;

    /// <summary>Could not read or write.</summary>
    public const int InputOutput = 3;

    /// <summary>One or more of several inputs failed.</summary>
    public const int SomeFailed = 4;

    /// <summary>Verify found a difference.</summary>
    public const int Different = 5;

    /// <summary>A fault of the command itself.</summary>
    public const int Internal = 70;

    /// <summary>Interrupted. The process ends with 128 and the number of the signal: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP.</summary>
    public const int Interrupted = 130;
}
