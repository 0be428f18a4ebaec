namespace Transfuse.Conversion.Sources.Faults;

/// <summary>Something failed that may succeed a moment later: a source or sink of one's own throws it to be asked again.</summary>
/// <param name="message">What failed.</param>
/// <param name="innerException">What was thrown, if anything.</param>
/// <seealso cref="Transfuse.Conversion.Sources.Faults.RetryLog" />
public sealed class TransientFaultException(string message, Exception? innerException = null) : IOException(message, innerException)
{
    /// <summary>How long the other side asks to wait; <see langword="null"/> where it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
