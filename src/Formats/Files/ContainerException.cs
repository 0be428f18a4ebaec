namespace Transfuse.Formats.Files;

/// <summary>
/// A file is not what its format demands. Every container has one exception type of its own, with a cause;
/// a failing operating system is an <see cref="IOException"/> instead.
/// </summary>
/// <example>
/// <code>
/// try
/// {
///     using SafetensorsFile file = SafetensorsFile.Open("adapter_model.safetensors");
/// }
/// catch (ContainerException damaged)
/// {
///     Console.Error.WriteLine(damaged.Message);
/// }
/// </code>
/// </example>
public abstract class ContainerException : Exception
{
    /// <summary>Says what is wrong, and where.</summary>
    /// <param name="fileName">The file, as its source calls it.</param>
    /// <param name="tensorName">The tensor, where the cause belongs to one.</param>
    /// <param name="detail">What was found, with the numbers.</param>
    /// <param name="innerException">What a parser below said, if anything.</param>
    protected ContainerException(string fileName, string? tensorName, string detail, Exception? innerException = null)
        : base(tensorName is null ? $"{fileName}: {detail}" : $"{fileName}: tensor {QuotedName.Of(tensorName)}: {detail}", innerException)
    {
        FileName = fileName;
        TensorName = tensorName;
        Detail = detail;
    }

    /// <summary>The file, as its source calls it.</summary>
    public string FileName { get; }

    /// <summary>The tensor that the cause belongs to, exactly as it is named, or <see langword="null"/>.</summary>
    public string? TensorName { get; }

    /// <summary>What was found, with the numbers: the message without file and tensor.</summary>
    public string Detail { get; }
}
