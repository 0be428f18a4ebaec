namespace Transfuse.Formats.Tensors;

/// <summary>An operation needs a whole tensor in one buffer, and the tensor has more bytes than an array can have (2,147,483,591).</summary>
/// <example>
/// <code>
/// try
/// {
///     float[] values = adapter.Modules[0].A.ToSingles(cancellationToken);
/// }
/// catch (TensorTooLargeException large)
/// {
///     Console.Error.WriteLine(large.Message);
/// }
/// </code>
/// </example>
public sealed class TensorTooLargeException : Exception
{
    /// <summary>Names the size that was needed.</summary>
    /// <param name="byteLength">Bytes that would have to be held at once.</param>
    public TensorTooLargeException(long byteLength)
        : base($"{byteLength} bytes would have to be held in one buffer, which can have at most {Array.MaxLength}.") => ByteLength = byteLength;

    /// <summary>Bytes that would have to be held at once.</summary>
    public long ByteLength { get; }
}
