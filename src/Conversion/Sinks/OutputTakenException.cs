using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sinks;

/// <summary>Something is in the place where the output should go, and must not be replaced.</summary>
/// <param name="place">The place.</param>
/// <param name="reason">Why it must not, as the end of a sentence whose subject is the place.</param>
/// <example>
/// <code>
/// try
/// {
///     using IAdapterSink folder = AdapterSink.Folder("out");
///     await AdapterPipeline.From(source).To(TargetProfile.MlxLm).WriteTo(folder).RunAsync();
/// }
/// catch (OutputTakenException taken)
/// {
///     Console.Error.WriteLine($"{taken.Place} {taken.Reason}");
/// }
/// </code>
/// </example>
public sealed class OutputTakenException(string place, string reason) : Exception($"{place} {reason}.")
{
    /// <summary>What a destination that was refused is told as.</summary>
    /// <param name="refused">Why it was.</param>
    /// <param name="place">What the caller calls it.</param>
    public static OutputTakenException Of(AtomicFolderException refused, string place) => new(place, refused.Cause switch
    {
        AtomicFolderError.IsFile => "is a file",
        AtomicFolderError.IsLink => "is a link, which is never replaced",
        AtomicFolderError.HoldsInput => $"holds {refused.Other}, which is read for it",
        AtomicFolderError.IsInput => $"is {refused.Other} itself, which is read for it and stays as it is",
        AtomicFolderError.HoldsFolder => $"has a folder {refused.Other}, where a file would be written",
        _ => "exists; --overwrite replaces it",
    });

    /// <summary>The place.</summary>
    public string Place { get; } = place;

    /// <summary>Why it must not be replaced.</summary>
    public string Reason { get; } = reason;
}
