namespace Transfuse.Formats.Npz;

/// <summary>An array's header is refused; the member's name is added where it is known.</summary>
internal sealed class NpyFormatException(NpzError error, string message) : Exception(message)
{
    public NpzError Error { get; } = error;
}
