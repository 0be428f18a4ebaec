namespace Transfuse.Formats.Files;

/// <summary>The destination of a folder is refused. Nothing there was changed. It is no <see cref="IOException"/>: trying again does not help.</summary>
public sealed class AtomicFolderException : Exception
{
    /// <summary>Says which destination, and why.</summary>
    public AtomicFolderException(AtomicFolderError cause, string destination)
        : base($"{destination}: {Reason(cause)}")
    {
        Cause = cause;
        Destination = destination;
    }

    /// <summary>Why.</summary>
    public AtomicFolderError Cause { get; }

    /// <summary>Full path of the destination.</summary>
    public string Destination { get; }

    private static string Reason(AtomicFolderError cause) => cause switch
    {
        AtomicFolderError.Exists => "the folder exists.",
        AtomicFolderError.IsFile => "there is a file where the folder should be.",
        _ => "a symbolic link is not replaced.",
    };
}
