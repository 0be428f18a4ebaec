using Transfuse.Formats.Files;

namespace Transfuse.Formats.Safetensors;

/// <summary>A file breaks a rule of the safetensors format, or tensors cannot be written by its rules.</summary>
/// <seealso cref="Transfuse.Formats.Safetensors.SafetensorsFile" />
public sealed class SafetensorsException : ContainerException
{
    /// <summary>Says which rule, and where.</summary>
    /// <param name="cause">The rule.</param>
    /// <param name="fileName">The file, as its source calls it.</param>
    /// <param name="tensorName">The tensor, where the cause belongs to one.</param>
    /// <param name="detail">What was found, with the numbers.</param>
    /// <param name="innerException">What the JSON parser said, if anything.</param>
    public SafetensorsException(
        SafetensorsError cause, string fileName, string? tensorName, string detail, Exception? innerException = null)
        : base(fileName, tensorName, detail, innerException) => Cause = cause;

    /// <summary>The rule that is broken.</summary>
    public SafetensorsError Cause { get; }
}
