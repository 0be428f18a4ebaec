namespace Transfuse.Conversion.Sinks;

/// <summary>Something is in the place where the output should go, and must not be replaced.</summary>
/// <param name="place">The place.</param>
/// <param name="reason">Why it must not, as the end of a sentence whose subject is the place.</param>
public sealed class OutputTakenException(string place, string reason) : Exception($"{place} {reason}.")
{
    /// <summary>The place.</summary>
    public string Place { get; } = place;

    /// <summary>Why it must not be replaced.</summary>
    public string Reason { get; } = reason;
}
