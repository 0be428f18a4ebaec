namespace Transfuse.Conversion.Batch;

/// <summary>Thrown by the work on one input to end the whole batch: what stands against it stands against every input.</summary>
/// <param name="cause">What it is; the batch throws it.</param>
/// <example>
/// <code>
/// BatchSummary summary = AdapterBatch.Of([new BatchInput("adapters/llama", "llama")]).Run(
///     task =&gt; throw new BatchStoppedException(new IOException("the disk is full")), cancellationToken);
/// </code>
/// </example>
public sealed class BatchStoppedException(Exception cause) : Exception(cause.Message, cause);
