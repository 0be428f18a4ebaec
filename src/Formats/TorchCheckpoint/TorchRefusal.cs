using Transfuse.Formats.Files;


namespace Transfuse.Formats.TorchCheckpoint;

/// <summary>Makes exceptions that name the file.</summary>
internal sealed class TorchRefusal(string fileName)
{
    public TorchCheckpointException Because(TorchCheckpointError error, string? item, string message, Exception? innerException = null) =>
        new(error, fileName, item is null ? null : QuotedName.Bare(item), message, innerException);
}
