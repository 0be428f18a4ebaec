using Transfuse.Formats.Files;

namespace Transfuse.Formats.TorchCheckpoint;

/// <summary>A PyTorch checkpoint is refused. Nothing of it was executed.</summary>
/// <seealso cref="Transfuse.Formats.TorchCheckpoint.TorchCheckpointFile" />
public sealed class TorchCheckpointException : ContainerException
{
    /// <summary>Describes a refusal.</summary>
    /// <param name="error">The cause.</param>
    /// <param name="fileName">The file.</param>
    /// <param name="item">The entry, tensor, storage, opcode or global at fault, or <see langword="null"/> where it is the file.</param>
    /// <param name="message">One line without the file name.</param>
    /// <param name="innerException">What was caught, if anything.</param>
    public TorchCheckpointException(TorchCheckpointError error, string fileName, string? item, string message, Exception? innerException = null)
        : base(fileName, null, message, innerException)
    {
        Error = error;
        Item = item;
    }

    /// <summary>The cause.</summary>
    public TorchCheckpointError Error { get; }

    /// <summary>The entry, tensor, storage, opcode or global at fault (such as <c>os.system</c>), or <see langword="null"/> where it is the file.</summary>
    public string? Item { get; }
}
