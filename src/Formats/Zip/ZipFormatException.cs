namespace Transfuse.Formats.Zip;

/// <summary>An archive is refused. Containers catch this and throw their own exception.</summary>
internal sealed class ZipFormatException(ZipError error, string? entry, string message) : Exception(message)
{
    public ZipError Error { get; } = error;

    /// <summary>The entry's name, or <see langword="null"/> where the archive as a whole is at fault.</summary>
    public string? Entry { get; } = entry;
}
