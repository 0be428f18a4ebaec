namespace Transfuse.Apply;

/// <summary>An adapter that does not fit a model, or a state in which the operation makes no sense.</summary>
/// <param name="cause">Why.</param>
/// <param name="subject">The adapter, module or tensor.</param>
/// <param name="detail">What was found, with the numbers.</param>
/// <example>
/// <code>
/// try
/// {
///     using AdapterContainer container = AdapterContainer.FromFolder("adapters/llama", model.Source);
///     container.LoadInto(model);
/// }
/// catch (AdapterException refused)
/// {
///     Console.Error.WriteLine(refused.Message);
/// }
/// </code>
/// </example>
public sealed class AdapterException(AdapterError cause, string subject, string detail) : Exception($"{subject}: {detail}")
{
    /// <summary>Why.</summary>
    public AdapterError Cause { get; } = cause;

    /// <summary>The adapter, module or tensor.</summary>
    public string Subject { get; } = subject;

    /// <summary>What was found, with the numbers.</summary>
    public string Detail { get; } = detail;
}
