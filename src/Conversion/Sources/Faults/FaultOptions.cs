namespace Transfuse.Conversion.Sources.Faults;

/// <summary>How often, and after which pauses, what failed for a moment is tried again.</summary>
/// <seealso cref="Transfuse.Conversion.Sources.Hub.HubSettings" />
public sealed record FaultOptions
{
    /// <summary>Reads and writes of files.</summary>
    public static FaultOptions Files { get; } = new();

    /// <summary>Requests to a hub.</summary>
    public static FaultOptions Hub { get; } = new() { Retries = 5, Pause = TimeSpan.FromMilliseconds(500), LongestPause = TimeSpan.FromSeconds(60) };

    /// <summary>How often an operation is repeated after it failed the first time. Default: 4.</summary>
    public int Retries
    {
        get;
        init => field = value is >= 1 and <= 100 ? value : throw new ArgumentOutOfRangeException(nameof(Retries), value, "It is 1 to 100.");
    } = 4;

    /// <summary>The pause before the first repetition; it doubles each time, and chance moves each. Default: 50 ms.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest pause. Default: 5 s.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one attempt may take where it can be given up, as a request can and a read of a file cannot. Default: none.</summary>
    public TimeSpan? Timeout { get; init; }
}
