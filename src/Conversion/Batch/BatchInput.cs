namespace Transfuse.Conversion.Batch;

/// <summary>One adapter of a batch.</summary>
/// <param name="Path">What is read: a folder, a weights file, or the id of one on a hub.</param>
/// <param name="Name">What its output is called below the common folder, with slashes; empty where the output folder itself is meant.</param>
/// <example>
/// <code>
/// var input = new BatchInput("runs/chat", "chat");
/// BatchSummary summary = AdapterBatch.Of([input]).Run(BatchWork.Inspect());
/// </code>
/// </example>
public sealed record BatchInput(string Path, string Name)
{
    /// <summary>Bytes of its config and weights, as far as they are known before it is opened.</summary>
    public long Bytes { get; init; }

    /// <summary>Bytes of its largest tensor, at most: of a file that is not large, the file itself.</summary>
    public long LargestTensor { get; init; }
}
