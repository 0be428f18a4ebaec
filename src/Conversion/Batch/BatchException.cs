namespace Transfuse.Conversion.Batch;

/// <summary>A batch that cannot begin as it was asked for: a glob that matches nothing, two inputs for one output. Nothing was run.</summary>
/// <param name="message">What is wrong.</param>
public sealed class BatchException(string message) : Exception(message);
