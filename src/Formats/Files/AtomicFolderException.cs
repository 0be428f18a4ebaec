namespace Transfuse.Formats.Files;

/// <summary>The destination of a folder is refused. Nothing there was changed. It is no <see cref="IOException"/>: trying again does not help.</summary>
/// <example>
/// <code>
/// using IAdapterSink output = AdapterSink.Folder("out");
/// try
/// {
///     AdapterPipeline.From(source).To(TargetProfile.MlxLm).WriteTo(output).Run();
/// }
/// catch (AtomicFolderException failed)
/// {
///     Console.Error.WriteLine(failed.Message);
/// }
/// </code>
/// </example>
public sealed class AtomicFolderException : Exception
{
    /// <summary>Says which destination, and why.</summary>
    /// <param name="cause">Why.</param>
    /// <param name="destination">Full path of the destination.</param>
    /// <param name="other">The input, or the folder in it, that stands in the way.</param>
    public AtomicFolderException(AtomicFolderError cause, string destination, string? other = null)
        : base($"{destination}: {Reason(cause)}{(other is null ? string.Empty : $" ({other})")}")
    {
        Cause = cause;
        Destination = destination;
        Other = other;
    }

    /// <summary>Why.</summary>
    public AtomicFolderError Cause { get; }

    /// <summary>Full path of the destination.</summary>
    public string Destination { get; }

    /// <summary>The input, or the folder in the destination, that stands in the way; otherwise <see langword="null"/>.</summary>
    public string? Other { get; }

    private static string Reason(AtomicFolderError cause) => cause switch
    {
        AtomicFolderError.Exists => "the folder exists.",
        AtomicFolderError.IsFile => "there is a file where the folder should be.",
        AtomicFolderError.HoldsInput => "the folder holds an input, which replacing it would take away.",
        AtomicFolderError.IsInput => "the folder is an input.",
        AtomicFolderError.HoldsFolder => "the folder holds a folder with the name of a file that would be written.",
        _ => "a symbolic link is not replaced.",
    };
}
