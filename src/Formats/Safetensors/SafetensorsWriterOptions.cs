namespace Transfuse.Formats.Safetensors;

/// <summary>How a safetensors file is written. No option changes its bytes.</summary>
/// <seealso cref="Transfuse.Formats.Safetensors.SafetensorsWriter" />
public sealed record SafetensorsWriterOptions
{
    private readonly int _maxDegreeOfParallelism = Environment.ProcessorCount;

    /// <summary>
    /// How many tensors are produced at a time, at least 1. Default: the number of processors.
    /// Every worker holds one buffer of 1 MiB, or of the largest tensor that it met and that is computed as a whole.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int MaxDegreeOfParallelism
    {
        get => _maxDegreeOfParallelism;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _maxDegreeOfParallelism = value;
        }
    }

    /// <summary>What to call the file in messages. Default: <c>model.safetensors</c>.</summary>
    public string FileName { get; init; } = "model.safetensors";
}
