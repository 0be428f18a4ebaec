using Transfuse.Formats.Files;

namespace Transfuse.Formats.Npz;

/// <summary>An npz file is refused, when it is opened or when damaged elements are read.</summary>
/// <seealso cref="Transfuse.Formats.Npz.NpzFile" />
public sealed class NpzException : ContainerException
{
    /// <summary>Describes a refusal.</summary>
    /// <param name="error">The cause.</param>
    /// <param name="fileName">The file.</param>
    /// <param name="item">The member at fault, or <see langword="null"/> where it is the file.</param>
    /// <param name="message">One line without the file name.</param>
    /// <param name="innerException">What was caught, if anything.</param>
    public NpzException(NpzError error, string fileName, string? item, string message, Exception? innerException = null)
        : base(fileName, null, message, innerException)
    {
        Error = error;
        Item = item;
    }

    /// <summary>The cause.</summary>
    public NpzError Error { get; }

    /// <summary>The member at fault, such as <c>model.layers.2.self_attn.q_proj.lora_a.npy</c>, or <see langword="null"/> where it is the file.</summary>
    public string? Item { get; }
}
