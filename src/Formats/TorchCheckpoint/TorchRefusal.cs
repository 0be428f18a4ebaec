using Transfuse.Formats.Messages;

namespace Transfuse.Formats.TorchCheckpoint;

/// <summary>Makes exceptions that name the file.</summary>
internal sealed class TorchRefusal(string fileName)
{
    public TorchCheckpointException Because(TorchCheckpointError error, string? item, string message, Exception? innerException = null) =>
        new(error, fileName, item is null ? null : ItemText.Of(item), message, innerException);
}
